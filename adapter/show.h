// Bodies that several requests and events share: Source, Breakpoint, Module, Variable; lines and columns as the client counts.
#pragma once

#include "adapter/session.h"
#include "dap/writer.h"
#include "engine/debugger.h"

int64_t show_line(const struct session *session, unsigned line);        // 0, unknown, stays 0
int64_t show_column(const struct session *session, unsigned column);
unsigned line_of_client(const struct session *session, int64_t line);     // 0 if it is none
unsigned column_of_client(const struct session *session, int64_t column);

void show_source(struct session *session, struct writer *body, const char *name, const char *path, bool is_deemphasized);
void show_module(struct session *session, struct writer *body, const char *name, const struct module_info *module);
// client_path: as the client wrote it, to be returned to the letter; NULL: breakpoint->path.
void show_breakpoint(struct session *session, struct writer *body, const char *name, const struct breakpoint_info *breakpoint,
		     const char *client_path);

// What `variables` and `setVariable` ("value"), `evaluate` and `setExpression` ("result") say of a node.
struct error *show_variable(struct session *session, struct writer *body, const char *value_name, const struct variable_ref *variable,
			    const struct format_rules *rules);
// ERROR_NOT_FOUND names arguments.name.
struct error *show_find_child(struct node *parent, const char *name, struct node **node_ret);
void show_node_hints(struct writer *body, unsigned hints);

// "0x1f" or a decimal number; ERROR_INVALID names `what`.
struct error *address_parse(const char *text, const char *what, uint64_t *address_ret);
