// Rust's collections: the ring buffer, the list, hashbrown's table and the B-tree.
#include "engine/eval/library.h"

// ---- VecDeque: `len` elements from `head` on, around the end of the buffer ---------------------------------------

bool rust_deque_find(const struct eval_context *context, const struct value *value, struct elements *elements)
{
	const struct type *ignored;
	elements->element = library_argument(context, value->type, 0);
	return library_number(context, value, "head", &elements->offset) && library_number(context, value, "len", &elements->count) &&
	       library_number(context, value, "buf.inner.cap.__0|buf.inner.cap|buf.cap.__0|buf.cap", &elements->extra) &&
	       library_pointer(context, value, "buf.inner.ptr.pointer.pointer|buf.ptr.pointer.pointer", &elements->first, &ignored) &&
	       (!elements->count || (elements->offset < elements->extra && elements->count <= elements->extra));
}

struct error *rust_deque_read(const struct eval_context *context, struct elements *elements, uint64_t start, uint64_t count,
			      struct element *items)
{
	uint64_t size = eval_size_of(elements->element);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = (elements->offset + start + i) % elements->extra;
		items[i].value = value_at(context, elements->element, elements->first + at * size);
	}
	return NULL;
}

// ---- LinkedList --------------------------------------------------------------------------------------------------

bool rust_list_find(const struct eval_context *context, const struct value *value, struct elements *elements)
{
	if (!library_number(context, value, "len", &elements->count))
		return false;
	elements->element = library_argument(context, value->type, 0);
	const struct type *node = elements->element;
	return !elements->count ||
	       (library_pointer(context, value, "head.__0.pointer", &elements->first, &node) && type_is_class(node) &&
		(elements->mapped = node));
}

struct error *rust_list_read(const struct eval_context *context, struct elements *elements, uint64_t start, uint64_t count,
			     struct element *items)
{
	bool goes_on = elements->cursor.node && elements->cursor.index <= start;
	uint64_t at = goes_on ? elements->cursor.node : elements->first;
	for (uint64_t i = goes_on ? elements->cursor.index : 0; i < start + count; i++) {
		struct value node = value_at(context, elements->mapped, at);
		const struct type *ignored;
		struct error *error = value_read(context, &node);
		if (!error && i >= start)
			error = value_find_member(context, &node, "element", &items[i - start].value);
		if (error)
			return error;
		elements->cursor.index = i;
		elements->cursor.node = at;
		if (i + 1 < start + count && !library_pointer(context, &node, "next.__0.pointer", &at, &ignored))
			return error_create(ERROR_INVALID, "the list ends after %llu elements", (unsigned long long)i + 1);
	}
	return NULL;
}

// ---- HashMap, HashSet: hashbrown's control bytes, and the buckets before them ------------------------------------

enum { BUCKETS_LIMIT = 1 << 26 };   // all of them may have to be looked at to find the few that are full

bool rust_hash_find(const struct eval_context *context, const struct value *value, struct elements *elements)
{
	struct value table = *value;
	const struct type *ignored;
	if (!library_enter(context, &table, elements->library->paths[0]))
		return false;
	elements->element = library_argument(context, table.type, 0);
	return library_number(context, &table, "table.bucket_mask", &elements->extra) && elements->extra < BUCKETS_LIMIT &&
	       !(elements->extra & (elements->extra + 1)) && library_number(context, &table, "table.items", &elements->count) &&
	       library_pointer(context, &table, "table.ctrl.pointer", &elements->first, &ignored) && elements->count <= elements->extra + 1;
}

// A set's elements are (T, ()).
static struct error *split_bucket(const struct eval_context *context, const struct elements *elements, uint64_t address, struct element *item)
{
	struct value bucket = value_at(context, elements->element, address);
	struct error *error = value_find_member(context, &bucket, "__0", elements->library->has_keys ? &item->key : &item->value);
	if (!error && elements->library->has_keys)
		error = value_find_member(context, &bucket, "__1", &item->value);
	item->has_key = elements->library->has_keys;
	return error;
}

struct error *rust_hash_read(const struct eval_context *context, struct elements *elements, uint64_t start, uint64_t count,
			     struct element *items)
{
	bool goes_on = elements->cursor.index <= start;
	uint64_t size = eval_size_of(elements->element);
	uint64_t full = goes_on ? elements->cursor.index : 0;
	uint64_t bucket = goes_on ? elements->cursor.position : 0;
	uint8_t control[256];
	uint64_t known = UINT64_MAX;
	for (; full < start + count; bucket++) {
		if (bucket > elements->extra)
			return error_create(ERROR_INVALID, "the table has fewer elements than it says");
		if (bucket / sizeof(control) != known) {
			known = bucket / sizeof(control);
			uint64_t left = elements->extra + 1 - known * sizeof(control);
			struct error *error = memory_read(context->memory, elements->first + known * sizeof(control), control,
							  left < sizeof(control) ? left : sizeof(control));
			if (error)
				return error;
		}
		if (control[bucket % sizeof(control)] & 0x80)
			continue;
		struct error *error = full < start ? NULL : split_bucket(context, elements, elements->first - (bucket + 1) * size,
									 &items[full - start]);
		if (error)
			return error;
		full++;
		elements->cursor.index = full;
		elements->cursor.position = bucket + 1;
	}
	return NULL;
}

// ---- BTreeMap, BTreeSet ------------------------------------------------------------------------------------------

// Where the parts of a leaf lie; an inner node begins as a leaf, the edges follow.
struct btree_node {
	const struct type *type;
	struct value keys, values;
	uint64_t address, length;
};

enum { BTREE_HEIGHT_LIMIT = 32, BTREE_EDGES = 12 };

static struct error *open_node(const struct eval_context *context, const struct type *type, uint64_t address, struct btree_node *node)
{
	struct value leaf = value_at(context, type, address);
	if (!library_number(context, &leaf, "len", &node->length) || node->length >= BTREE_EDGES)
		return error_create(ERROR_INVALID, "the tree is broken");
	node->type = type;
	node->address = address;
	struct error *error = value_find_member(context, &leaf, "keys", &node->keys);
	return error ? error : value_find_member(context, &leaf, "vals", &node->values);
}

bool rust_btree_find(const struct eval_context *context, const struct value *value, struct elements *elements)
{
	struct value map = *value;
	if (elements->library->paths[0] && !library_enter(context, &map, elements->library->paths[0]))
		return false;
	elements->element = library_argument(context, map.type, 0);
	elements->mapped = library_argument(context, map.type, 1);
	if (!library_number(context, &map, "length", &elements->count))
		return false;
	const struct type *leaf = NULL;
	if (elements->count && (!library_pointer(context, &map, "root.__0.node.pointer", &elements->first, &leaf) || !type_is_class(leaf) ||
				!library_number(context, &map, "root.__0.height", &elements->extra) || elements->extra > BTREE_HEIGHT_LIMIT))
		return false;
	elements->object = (struct value){ .type = leaf ? leaf : elements->element };   // the node's type
	return elements->element && elements->mapped;
}

static struct error *edge_of(const struct eval_context *context, const struct type *leaf, uint64_t node, uint64_t position, uint64_t *edge_ret)
{
	return memory_read(context->memory, node + library_aligned(eval_size_of(leaf), builtin_type(BUILTIN_LONG)) + position * 8, edge_ret,
			   sizeof(*edge_ret));
}

// Down along the first edges from the given node to its leaf.
static struct error *descend(const struct eval_context *context, struct elements *elements, uint64_t node, uint64_t height)
{
	struct error *error = NULL;
	for (; !error && height; height--)
		error = edge_of(context, elements->object.type, node, 0, &node);
	elements->cursor.node = node;
	elements->cursor.position = 0;
	elements->cursor.height = 0;
	return error;
}

// Up while there is nothing more on the right.
static struct error *ascend(const struct eval_context *context, struct elements *elements, struct btree_node *node)
{
	struct error *error = open_node(context, elements->object.type, elements->cursor.node, node);
	while (!error && elements->cursor.position >= node->length) {
		struct value at = value_at(context, node->type, node->address);
		uint64_t parent, index;
		const struct type *ignored;
		if (elements->cursor.height >= elements->extra || !library_pointer(context, &at, "parent.__0.pointer", &parent, &ignored))
			return error_create(ERROR_INVALID, "the tree has fewer elements than it says");
		struct value own_index = at;
		error = value_find_member(context, &at, "parent_idx", &own_index);
		uint16_t raw = 0;
		if (!error && place_address(&own_index.location, &index))
			error = memory_read(context->memory, index, &raw, sizeof(raw));
		elements->cursor.node = parent;
		elements->cursor.position = raw;
		elements->cursor.height++;
		if (!error)
			error = open_node(context, elements->object.type, parent, node);
	}
	return error;
}

// MaybeUninit<T> has nothing but a T.
static struct value slot(const struct eval_context *context, const struct value *array, const struct type *type, uint64_t index)
{
	uint64_t address = 0;
	place_address(&array->location, &address);
	return value_at(context, type, address + index * eval_size_of(type));
}

struct error *rust_btree_read(const struct eval_context *context, struct elements *elements, uint64_t start, uint64_t count,
			      struct element *items)
{
	struct error *error = NULL;
	bool goes_on = elements->cursor.node && elements->cursor.index <= start;
	if (!goes_on) {
		elements->cursor.index = 0;
		error = descend(context, elements, elements->first, elements->extra);
	}
	while (!error && elements->cursor.index < start + count) {
		struct btree_node node;
		error = ascend(context, elements, &node);
		if (error)
			break;
		uint64_t position = elements->cursor.position;
		if (elements->cursor.index >= start) {
			struct element *item = &items[elements->cursor.index - start];
			item->has_key = elements->library->has_keys;
			struct value key = slot(context, &node.keys, elements->element, position);
			*(item->has_key ? &item->key : &item->value) = key;
			if (item->has_key)
				item->value = slot(context, &node.values, elements->mapped, position);
		}
		elements->cursor.index++;
		elements->cursor.position++;
		if (elements->cursor.height) {
			uint64_t edge;
			error = edge_of(context, elements->object.type, node.address, position + 1, &edge);
			if (!error)
				error = descend(context, elements, edge, elements->cursor.height - 1);
		}
	}
	return error;
}
