// Numbers that a client uses for frames, variables and disassembly texts: in [1, 2^31), as the protocol wants them. What belongs
// to a stop dies with it: its numbers are never used again, so an old one is an error and never another variable.
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/map.h"
#include "base/vec.h"
#include "engine/node.h"

struct frame_ref {
	pid_t tid;
	unsigned index;
};

struct source_ref {
	uint64_t start;      // of the function: its identity
	uint64_t pc;         // any address in it
	char *name;
};

enum variable_scope {
	VARIABLE_IN_FUNCTION,    // an argument or a local
	VARIABLE_IN_GLOBALS,     // also a register, a part of a system call
	VARIABLE_IN_RESULT,      // of evaluate
};

struct variable_ref {
	struct node *node;
	const char *expression;          // of the node, or what was evaluated; NULL: none. Lives as long as the node
	int parent;                      // what it was shown in; 0: nothing
	struct frame_ref frame;          // tid 0: none
	enum variable_scope scope;
};

// One range of numbers: items[i] has the number first + i.
struct ref_range {
	uint32_t base, limit;    // numbers given lie in [base, limit)
	uint32_t first;          // of the present stop; what is below is stale
};

struct refs {
	struct ref_range variable_range, result_range, frame_range;
	VEC(struct variable_ref) variables;
	VEC(struct variable_ref) results; // of evaluate: from 2^30 on, so that logs tell them apart
	VEC(struct frame_ref) frames;
	struct map frame_ids;             // tid and index to id
	VEC(struct source_ref) sources;   // live as long as the session
	struct map source_ids;            // function start to id
};

void refs_init(struct refs *refs);
void refs_deinit(struct refs *refs);
void refs_end_stop(struct refs *refs);    // the program runs on

// Among the variables or the results, by its scope; what is in a result is among the variables.
int refs_add_variable(struct refs *refs, const struct variable_ref *variable);
struct variable_ref refs_result(const struct frame_ref *frame, const char *expression, struct node *node);
struct variable_ref refs_child(const struct variable_ref *parent, int parent_id, struct node *node);
int refs_add_frame(struct refs *refs, pid_t tid, unsigned index);   // the same frame keeps its id during a stop
int refs_add_source(struct refs *refs, uint64_t start, uint64_t pc, const char *name);

// ERROR_STATE for a stale number, ERROR_NOT_FOUND for one that was never given.
struct error *refs_variable(const struct refs *refs, int64_t id, struct variable_ref *variable_ret);
struct error *refs_frame(const struct refs *refs, int64_t id, struct frame_ref *frame_ret);
struct error *refs_source(const struct refs *refs, int64_t id, const struct source_ref **source_ret);
