/* Arguments of a request: one list gives both the C struct and the table that decodes it.
 *
 *	#define NEXT_ARGUMENTS(X) \
 *		X(integer, threadId, REQUIRED) \
 *		X(choice, granularity, OPTIONAL, "statement", "line", "instruction")
 *	ARGUMENTS(next, NEXT_ARGUMENTS)
 *
 * makes `struct next_arguments { int64_t threadId; bool has_threadId; int granularity; bool has_granularity; }` and
 * `next_arguments_table()`. A member that is absent or null leaves its value zero and has_ false. Strings, lists and objects
 * point into the message. Members the table does not name are skipped.
 *
 * kind      C type                     accepts
 * string    const char *               a string
 * integer   int64_t                    a whole number that a double holds exactly (up to 2^53)
 * number    double                     a number
 * boolean   bool                       true, false
 * strings   struct argument_strings    an array of strings
 * objects   const cJSON *              an array of objects: read each with arguments_decode
 * object    const cJSON *              an object
 * any       const cJSON *              anything
 * choice    int (index)                one of the strings that follow
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/error.h"
#include "base/memory.h"

enum argument_kind {
	ARGUMENT_string,
	ARGUMENT_integer,
	ARGUMENT_number,
	ARGUMENT_boolean,
	ARGUMENT_strings,
	ARGUMENT_objects,
	ARGUMENT_object,
	ARGUMENT_any,
	ARGUMENT_choice,
};

struct argument_strings {
	const char *const *items;   // NULL-terminated, in the arena
	size_t count;
};

typedef const char *argument_type_string;
typedef int64_t argument_type_integer;
typedef double argument_type_number;
typedef bool argument_type_boolean;
typedef struct argument_strings argument_type_strings;
typedef const cJSON *argument_type_objects;
typedef const cJSON *argument_type_object;
typedef const cJSON *argument_type_any;
typedef int argument_type_choice;

enum { ARGUMENT_CHOICE_MAX = 7 };

struct argument {
	const char *name;
	enum argument_kind kind;
	bool is_required;
	size_t offset, has_offset;
	const char *choices[ARGUMENT_CHOICE_MAX + 1];   // NULL-terminated
};

struct arguments_table {
	const struct argument *arguments;
	size_t count;
	size_t size;                  // of the struct
};

#define ARGUMENT_IS_REQUIRED_REQUIRED true
#define ARGUMENT_IS_REQUIRED_OPTIONAL false
#define ARGUMENT_MEMBER_(kind, name, need, ...) \
	argument_type_##kind name; \
	bool has_##name;
#define ARGUMENT_ENTRY_(kind, name, need, ...) \
	{ #name, ARGUMENT_##kind, ARGUMENT_IS_REQUIRED_##need, offsetof(ARGUMENT_STRUCT_, name), \
	  offsetof(ARGUMENT_STRUCT_, has_##name), { __VA_ARGS__ __VA_OPT__(,) NULL } },
// The table lives in a function because its entries need the struct under one name, whatever the prefix.
#define ARGUMENTS(prefix, LIST) ARGUMENTS_(prefix##_arguments, prefix##_arguments_table, LIST)
#define ARGUMENTS_(type, table_function, LIST) \
	struct type { \
		LIST(ARGUMENT_MEMBER_) \
	}; \
	__attribute__((unused)) static const struct arguments_table *table_function(void) \
	{ \
		typedef struct type ARGUMENT_STRUCT_; \
		static const struct argument entries[] = { LIST(ARGUMENT_ENTRY_) }; \
		static const struct arguments_table table = { entries, ARRAY_SIZE(entries), sizeof(ARGUMENT_STRUCT_) }; \
		return &table; \
	}

// Fills `result` (table->size bytes, zeroed here). `object` may be NULL: nothing was sent. `path` begins every complaint:
// "arguments.frameId: expected a number, got a string".
struct error *arguments_decode(const struct arguments_table *table, const cJSON *object, const char *path, struct arena *arena,
			       void *result);

// For decoders of their own: "a string", "a number" ...; and "PATH: expected WANTED, got WHAT IT IS".
const char *argument_type_name(const cJSON *value);
struct error *argument_mismatch(const char *path, const char *wanted, const cJSON *value) __attribute__((returns_nonnull));
// One value of this kind, as in a table. `choices` is for ARGUMENT_choice.
struct error *argument_decode_value(enum argument_kind kind, const char *const *choices, const cJSON *value, const char *path,
				    struct arena *arena, void *result);
