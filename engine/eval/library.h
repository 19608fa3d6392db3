// Private to the files that know library types: which there are (library.c), and the parts that each kind is made of. Whatever an object
// holds is the debuggee's and may be garbage: counts are bounded, each walk ends, and what cannot be believed is shown by its members.
//
// library.c (the table) -> objects.c (one object inside), known.c (text and arrays), elements.c, nodes.c, rust_elements.c (others).
#pragma once

#include "engine/eval/private.h"

enum shape {
	// One object inside. paths[0] leads to it or to the pointer to it.
	SHAPE_WRAPPER, SHAPE_OPTIONAL, SHAPE_VARIANT, SHAPE_ANY, SHAPE_FUNCTION, SHAPE_DURATION, SHAPE_TIME_POINT,
	SHAPE_POINTER, SHAPE_SHARED, SHAPE_UNIQUE, SHAPE_ITERATOR, SHAPE_BIT_ITERATOR, SHAPE_RC,
	// Characters: paths[0] leads to a vector of bytes.
	SHAPE_BYTES,
	// Elements one behind the other: a pointer and where they end; a pointer and their number.
	SHAPE_RANGE, SHAPE_COUNTED,
	// Another container is all there is: paths[0].
	SHAPE_ADAPTOR,
	// Elements that lie apart.
	SHAPE_TREE, SHAPE_LIST, SHAPE_FORWARD, SHAPE_HASH, SHAPE_DEQUE, SHAPE_BITS, SHAPE_BITSET, SHAPE_TUPLE,
	SHAPE_RUST_DEQUE, SHAPE_RUST_LIST, SHAPE_RUST_HASH, SHAPE_RUST_BTREE,
};

enum note { NOTE_NONE, NOTE_BORROW, NOTE_LOCK };   // what paths[1] tells of the object beside its content

enum { ELEMENTS_LIMIT = 1 << 24 };

struct library_type {
	enum language language;
	const char *name;          // without inline namespaces; one that ends in '<' is a beginning
	enum shape shape;
	const char *paths[2];
	unsigned offset;           // ITERATOR: from the node to what is in it
	bool has_keys;             // elements are pairs of key and value
	enum note note;
};

// NULL if it is none.
const struct library_type *library_type_of(const struct type *type);
// Follows "a.b.c" from *value; "a|b": the first that there is. A component "<std::_Head_base<0" enters the base that begins so.
bool library_enter(const struct eval_context *context, struct value *value, const char *path);
bool library_number(const struct eval_context *context, const struct value *value, const char *path, uint64_t *number_ret);
// The pointer at the path, and what it points to.
bool library_pointer(const struct eval_context *context, const struct value *value, const char *path, uint64_t *address_ret,
		     const struct type **target_ret);
// The type that is its argument number `index`; NULL if unknown.
const struct type *library_argument(const struct eval_context *context, const struct type *type, size_t index);
// The number that is a class's last template argument ("std::bitset<10>").
bool library_last_argument(const struct type *type, uint64_t *number_ret);
// Where a T lies behind `size` bytes: aligned as the ABI has it.
uint64_t library_aligned(uint64_t size, const struct type *type);

// One reader for each shape of elements that lie apart: library_find() fills in `elements`, library_read() the elements
// [start, start + count), which exist.
typedef bool (*library_find)(const struct eval_context *context, const struct value *value, struct elements *elements);
typedef struct error *(*library_read)(const struct eval_context *context, struct elements *elements, uint64_t start, uint64_t count,
				      struct element *items);
bool nodes_find(const struct eval_context *context, const struct value *value, struct elements *elements);
struct error *nodes_read(const struct eval_context *context, struct elements *elements, uint64_t start, uint64_t count,
			 struct element *items);
bool rust_deque_find(const struct eval_context *context, const struct value *value, struct elements *elements);
struct error *rust_deque_read(const struct eval_context *context, struct elements *elements, uint64_t start, uint64_t count,
			      struct element *items);
bool rust_list_find(const struct eval_context *context, const struct value *value, struct elements *elements);
struct error *rust_list_read(const struct eval_context *context, struct elements *elements, uint64_t start, uint64_t count,
			     struct element *items);
bool rust_hash_find(const struct eval_context *context, const struct value *value, struct elements *elements);
struct error *rust_hash_read(const struct eval_context *context, struct elements *elements, uint64_t start, uint64_t count,
			     struct element *items);
bool rust_btree_find(const struct eval_context *context, const struct value *value, struct elements *elements);
struct error *rust_btree_read(const struct eval_context *context, struct elements *elements, uint64_t start, uint64_t count,
			      struct element *items);
