// Containers whose elements lie apart, whatever holds them together: found, read and looked up by key.
#include "engine/eval/library.h"

// ---- std::deque: blocks of 512 bytes, or of one element ----------------------------------------------------------

static bool deque_find(const struct eval_context *context, const struct value *value, struct elements *elements)
{
	struct value start = *value;
	struct value finish = *value;
	uint64_t first, last, node, end, end_first, end_node;
	const struct type *ignored;
	if (!library_enter(context, &start, elements->library->paths[0]) || !library_enter(context, &finish, elements->library->paths[1]) ||
	    !library_pointer(context, &start, "_M_cur", &elements->first, &elements->element) ||
	    !library_pointer(context, &start, "_M_first", &first, &ignored) || !library_pointer(context, &start, "_M_last", &last, &ignored) ||
	    !library_pointer(context, &start, "_M_node", &node, &ignored) || !library_pointer(context, &finish, "_M_cur", &end, &ignored) ||
	    !library_pointer(context, &finish, "_M_first", &end_first, &ignored) ||
	    !library_pointer(context, &finish, "_M_node", &end_node, &ignored))
		return false;
	uint64_t size = eval_size_of(elements->element);
	if (!size || elements->first < first || last < elements->first || end < end_first || end_node < node)
		return false;
	elements->extra = size < 512 ? 512 / size : 1;   // a block's elements
	elements->offset = (elements->first - first) / size;
	elements->count = (end_node - node) / 8 * elements->extra + (end - end_first) / size - elements->offset;
	elements->first = node;
	return true;
}

static struct error *deque_read(const struct eval_context *context, struct elements *elements, uint64_t start, uint64_t count,
				struct element *items)
{
	uint64_t block = 0;
	uint64_t known = UINT64_MAX;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = elements->offset + start + i;
		if (at / elements->extra != known) {
			known = at / elements->extra;
			struct error *error = memory_read(context->memory, elements->first + known * 8, &block, sizeof(block));
			if (error)
				return error;
		}
		items[i].value = value_at(context, elements->element, block + at % elements->extra * eval_size_of(elements->element));
	}
	return NULL;
}

// ---- Bits --------------------------------------------------------------------------------------------------------

static bool bits_find(const struct eval_context *context, const struct value *value, struct elements *elements)
{
	struct value start = *value;
	struct value finish = *value;
	uint64_t end, end_offset;
	if (!library_enter(context, &start, elements->library->paths[0]) || !library_enter(context, &finish, elements->library->paths[1]) ||
	    !library_number(context, &start, "_M_p", &elements->first) || !library_number(context, &start, "_M_offset", &elements->offset) ||
	    !library_number(context, &finish, "_M_p", &end) || !library_number(context, &finish, "_M_offset", &end_offset) ||
	    end < elements->first || end_offset > 64 || elements->offset > 64)
		return false;
	elements->count = (end - elements->first) * 8 + end_offset - elements->offset;
	elements->element = builtin_type(BUILTIN_BOOL);
	return true;
}

static bool bitset_find(const struct eval_context *context, const struct value *value, struct elements *elements)
{
	struct value words = *value;
	if (!library_last_argument(value->type, &elements->count) || !library_enter(context, &words, elements->library->paths[0]) ||
	    !place_address(&words.location, &elements->first))
		return false;
	elements->element = builtin_type(BUILTIN_BOOL);
	return true;
}

static struct error *bits_read(const struct eval_context *context, struct elements *elements, uint64_t start, uint64_t count,
			       struct element *items)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t bit = elements->offset + start + i;
		items[i].value = value_at(context, elements->element, elements->first + bit / 8);
		items[i].value.bit_offset = (uint32_t)(bit % 8);
		items[i].value.bit_size = 1;
	}
	return NULL;
}

// ---- std::tuple: each head is a base of the rest -----------------------------------------------------------------

static bool enter_tuple(const struct eval_context *context, struct value *value, const char *base, uint64_t index)
{
	char *path = arena_printf(context->arena, "<std::%s<%llu", base, (unsigned long long)index);
	return library_enter(context, value, path);
}

static bool tuple_find(const struct eval_context *context, const struct value *value, struct elements *elements)
{
	struct value rest = *value;
	while (elements->count < 64 && enter_tuple(context, &rest, "_Tuple_impl", elements->count))
		elements->count++;
	return elements->count || str_equal(eval_strip(value->type)->name, "std::tuple<>");
}

static struct error *tuple_read(const struct eval_context *context, struct elements *elements, uint64_t start, uint64_t count,
				struct element *items)
{
	struct value rest = elements->object;
	for (uint64_t i = 0; i < start + count; i++) {
		struct value head;
		if (!enter_tuple(context, &rest, "_Tuple_impl", i))
			return error_create(ERROR_NOT_FOUND, "the tuple has no element %llu", (unsigned long long)i);
		head = rest;
		if (i < start)
			continue;
		if (!enter_tuple(context, &head, "_Head_base", i) || !library_enter(context, &head, "_M_head_impl"))
			return error_create(ERROR_FORMAT, "the element %llu of the tuple cannot be found", (unsigned long long)i);
		items[i - start].value = head;
	}
	return NULL;
}

// ---- All of them -------------------------------------------------------------------------------------------------

static const struct {
	library_find find;
	library_read read;
} readers[] = {
	[SHAPE_TREE] = { nodes_find, nodes_read },
	[SHAPE_LIST] = { nodes_find, nodes_read },
	[SHAPE_FORWARD] = { nodes_find, nodes_read },
	[SHAPE_HASH] = { nodes_find, nodes_read },
	[SHAPE_DEQUE] = { deque_find, deque_read },
	[SHAPE_BITS] = { bits_find, bits_read },
	[SHAPE_BITSET] = { bitset_find, bits_read },
	[SHAPE_TUPLE] = { tuple_find, tuple_read },
	[SHAPE_RUST_DEQUE] = { rust_deque_find, rust_deque_read },
	[SHAPE_RUST_LIST] = { rust_list_find, rust_list_read },
	[SHAPE_RUST_HASH] = { rust_hash_find, rust_hash_read },
	[SHAPE_RUST_BTREE] = { rust_btree_find, rust_btree_read },
};

bool value_as_elements(const struct eval_context *context, const struct value *value, struct elements *elements_ret)
{
	struct value inside = *value;
	const struct library_type *library = library_type_of(inside.type);
	for (unsigned depth = 0; library && library->shape == SHAPE_ADAPTOR && depth < 4; depth++)
		library = library_enter(context, &inside, library->paths[0]) ? library_type_of(inside.type) : NULL;
	if (!library || library->shape >= ARRAY_SIZE(readers) || !readers[library->shape].find)
		return false;
	struct elements elements = { .library = library, .object = inside };
	if (!readers[library->shape].find(context, &inside, &elements) || elements.count > ELEMENTS_LIMIT)
		return false;
	if (elements.count && library->shape != SHAPE_TUPLE && (!elements.element || (!eval_size_of(elements.element) && !elements.mapped)))
		return false;
	*elements_ret = elements;
	return true;
}

struct error *elements_read(const struct eval_context *context, struct elements *elements, uint64_t start, uint64_t count,
			    struct element *items)
{
	memset(items, 0, count * sizeof(*items));
	return readers[elements->library->shape].read(context, elements, start, count, items);
}

// ---- By key ------------------------------------------------------------------------------------------------------

bool elements_have_keys(const struct elements *elements)
{
	return elements->library->has_keys;
}

// C++ maps have pairs.
static struct error *split(const struct eval_context *context, struct element *item)
{
	struct value pair = item->value;
	if (item->has_key)
		return NULL;
	struct error *error = value_read(context, &pair);
	if (!error)
		error = value_find_member(context, &pair, "first", &item->key);
	return error ? error : value_find_member(context, &pair, "second", &item->value);
}

const struct type *elements_key_type(const struct eval_context *context, struct elements *elements)
{
	struct element item;
	if (!elements_have_keys(elements) || !elements->count)
		return NULL;
	_cleanup_error_ struct error *error = elements_read(context, elements, 0, 1, &item);
	if (!error)
		error = split(context, &item);
	return error ? NULL : item.key.type;
}

static struct error *is_equal(const struct eval_context *context, struct value *own, struct value *key, bool is_string, bool *is_equal_ret)
{
	struct value result;
	struct value copy = *key;
	uint64_t ignored;
	struct error *error = value_transparent(context, own);
	if (error)
		return error;
	bool is_text = value_as_text(context, own, &ignored, &ignored) || eval_strip(own->type)->kind == TYPE_POINTER;
	if (is_string && is_text)
		error = operate_compare_strings(context, OPERATOR_EQUAL, own, &copy, &result);
	else
		error = operate_binary(context, OPERATOR_EQUAL, own, &copy, &result);
	return error ? error : value_is_true(context, &result, is_equal_ret);
}

enum { FIND_CHUNK = 256 };

// Those of [start, start + count); what comparing needs dies with `scratch`.
static struct error *find_within(const struct eval_context *scratch, struct elements *elements, uint64_t start, uint64_t count,
				 struct value *key, bool is_string, uint64_t *found_ret)
{
	struct element *items = arena_array(scratch->arena, struct element, count);
	struct error *error = elements_read(scratch, elements, start, count, items);
	for (uint64_t i = 0; !error && i < count; i++) {
		bool is_it = false;
		error = split(scratch, &items[i]);
		if (!error)
			error = is_equal(scratch, &items[i].key, key, is_string, &is_it);
		if (!error && is_it) {
			*found_ret = start + i;
			return NULL;
		}
	}
	return error;
}

struct error *elements_find(const struct eval_context *context, struct elements *elements, struct value *key,
			    bool is_string, struct value *mapped_ret)
{
	uint64_t found = UINT64_MAX;
	for (uint64_t start = 0; start < elements->count && found == UINT64_MAX; start += FIND_CHUNK) {
		_cleanup_arena_ struct arena *arena = arena_create();
		struct eval_context scratch = *context;
		scratch.arena = arena;
		uint64_t left = elements->count - start;
		struct error *error = find_within(&scratch, elements, start, left < FIND_CHUNK ? left : FIND_CHUNK, key, is_string, &found);
		if (error)
			return error_wrap(error, "looking for the key");
	}
	if (found == UINT64_MAX) {
		_cleanup_str_ struct str words = STR_INIT;
		value_format(context, key, NULL, &words);
		return error_create(ERROR_NOT_FOUND, "there is no key %s among the %llu", str_text(&words), (unsigned long long)elements->count);
	}
	struct element item;
	struct error *error = elements_read(context, elements, found, 1, &item);
	if (!error)
		error = split(context, &item);
	if (!error)
		*mapped_ret = item.value;
	return error;
}
