// How numbers are shown: decimal or hexadecimal. A session has a default (the launch attribute `hex`, ptdap/setFormat), and a variable may
// have a choice of its own, which what is inside it follows as far as it has none itself. The `format` of a request goes over both.
//
// A choice holds at every stop, in every view and over a restart. So it is kept by what a variable is: an expression (evaluateName) and
// where that means the same. "point" of main covers "point.x", whether that is read by `variables` or by `evaluate`. What has no expression
// but one with an address goes by the names down from its scope. An expression of the user's own (a watch) belongs to no function: it holds wherever it is evaluated.
#pragma once

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "adapter/refs.h"
#include "base/vec.h"

struct session;

enum format_choice { FORMAT_OPEN, FORMAT_DECIMAL, FORMAT_HEX };

struct own_format {
	char *place;           // a function's name, or one of the two below
	char *expression;
	enum format_choice choice;
};
#define FORMAT_PLACE_GLOBAL ""      // Globals, Registers, Syscall
#define FORMAT_PLACE_ANYWHERE "*"   // watches

struct formats {
	bool is_hex;                    // the default
	VEC(struct own_format) own;
};

void formats_deinit(struct formats *formats);
// FORMAT_OPEN: it has none of its own any more.
void formats_set(struct formats *formats, const char *place, const char *expression, enum format_choice choice);
// Of this expression, or of the longest one that it goes on from ("a" of "a.b[2]").
enum format_choice formats_find(const struct formats *formats, const char *place, const char *expression);

// What the variables that one response shows have in common.
struct format_rules {
	enum format_choice requested;    // `format` of the request
	enum format_choice inherited;    // of what they are in
	const char *function;            // NULL: none, or nothing has a choice of its own
};
// `requested` may be NULL: nothing was sent. Strings live in the scratch arena.
struct error *format_rules_init(struct session *session, const cJSON *requested, const struct frame_ref *frame, struct format_rules *rules_ret);
// For what is in `parent`: after format_rules_init() with its frame.
void format_rules_enter(struct session *session, const struct variable_ref *parent, struct format_rules *rules);
bool format_is_hex(struct session *session, const struct variable_ref *variable, const struct format_rules *rules);
// Gives it a choice of its own.
void format_choose(struct session *session, const struct variable_ref *variable, enum format_choice choice);
