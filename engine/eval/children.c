// Children of a value: members, elements, what a pointer points to; and the expressions that lead to them.
#include <ctype.h>

#include "engine/eval/private.h"

// Larger blocks are read element by element.
enum { CHILDREN_LIMIT = 1000000 };

// What the children are made of, behind references and pointers to aggregates.
struct family {
	struct value value;           // the aggregate or array
	const struct type *type;      // stripped
	bool is_behind_pointer;
	bool is_pointer;              // one child: what it points to
	struct object object;         // has_content: the first child
};

// A Rust enum has the children of its living variant, which expressions reach without naming it.
static void enter_variant(const struct eval_context *context, struct family *family)
{
	const struct type_member *alive = type_is_class(family->type) ? variant_alive(context, &family->value) : NULL;
	struct value variant;
	if (!alive)
		return;
	struct error *error = value_member(context, &family->value, alive, &variant);
	if (!error && type_is_class(variant.type)) {
		family->value = variant;
		family->type = eval_strip(variant.type);
	}
	error_destroy(error);
}

static struct error *family_of(const struct eval_context *context, const struct value *value, struct family *family_ret)
{
	struct family family = { .value = *value };
	struct error *error = value_transparent(context, &family.value);
	if (error)
		return error;
	family.type = eval_strip(family.value.type);
	if (family.type->kind == TYPE_POINTER && type_is_class(family.type->target)) {
		struct value target;
		error = value_dereference(context, &family.value, &target);
		if (error)
			return error;
		family.value = target;
		family.type = eval_strip(target.type);
		family.is_behind_pointer = true;
	} else if (family.type->kind == TYPE_POINTER) {
		enum type_kind target = eval_strip(family.type->target)->kind;
		family.is_pointer = target != TYPE_VOID && target != TYPE_FUNCTION && target != TYPE_UNSPECIFIED &&
				    !type_as_character(family.type->target);
	}
	enter_variant(context, &family);
	if (!family.is_behind_pointer && type_is_class(family.type) && !value_as_object(context, &family.value, &family.object))
		family.object = (struct object){ 0 };
	*family_ret = family;
	return NULL;
}

static uint64_t member_count(const struct type *type)
{
	size_t count;
	uint64_t shown = 0;
	const struct type_member *members = type_members(type, &count);
	for (size_t i = 0; i < count; i++)
		shown += !members[i].is_static;
	return shown;
}

static struct error *count_family(const struct eval_context *context, struct family *family, uint64_t *named_ret, uint64_t *indexed_ret)
{
	*named_ret = 0;
	*indexed_ret = 0;
	if (family->is_pointer) {
		*named_ret = 1;
	} else if (family->type->kind == TYPE_ARRAY) {
		*indexed_ret = eval_count(context, family->type);
	} else if (type_is_vector_register(family->type) && family->value.register_desc) {
		size_t count;
		register_lane_kinds(&count);
		*named_ret = count;
	} else if (type_is_class(family->type)) {
		struct value sequence;
		*named_ret = member_count(family->type) + family->object.has_content;
		struct elements elements;
		if (!family->is_behind_pointer && value_as_sequence(context, &family->value, &sequence))
			*indexed_ret = eval_count(context, sequence.type);
		else if (!family->is_behind_pointer && value_as_elements(context, &family->value, &elements))
			*indexed_ret = elements.count;
	}
	return NULL;
}

struct error *value_child_counts(const struct eval_context *context, struct value *value, uint64_t *named_ret, uint64_t *indexed_ret)
{
	struct family family;
	struct error *error = family_of(context, value, &family);
	return error ? error : count_family(context, &family, named_ret, indexed_ret);
}

// ---- Named children ----------------------------------------------------------------------------------------------

static const char *anonymous_name(const struct type *type)
{
	switch (eval_strip(type)->kind) {
	case TYPE_UNION: return "(anonymous union)";
	case TYPE_CLASS: return "(anonymous class)";
	default: return "(anonymous struct)";
	}
}

static char *member_name(const struct eval_context *context, const struct type_member *member)
{
	if (member->is_base) {
		_cleanup_free_ char *name = type_name(member->type);
		return arena_strdup(context->arena, name);
	}
	return arena_strdup(context->arena, member->name ? member->name : anonymous_name(member->type));
}

// "name", "name #2": how many siblings before have the same name.
static char *unique_name(const struct eval_context *context, const struct type_member *members, size_t index)
{
	char *name = member_name(context, &members[index]);
	unsigned same = 1;
	// A name of its own clashes only in broken files; those without one are few.
	for (size_t i = 0; i < index && (!members[index].name || members[index].is_base); i++)
		if (!members[i].is_static && (!members[i].name || members[i].is_base) && str_equal(member_name(context, &members[i]), name))
			same++;
	return same == 1 ? name : arena_printf(context->arena, "%s #%u", name, same);
}

static void name_member(const struct eval_context *context, const struct family *family, const struct type_member *members, size_t index,
			struct value_child *child)
{
	const struct type_member *member = &members[index];
	const char *operator = family->is_behind_pointer ? "->" : ".";
	child->name = unique_name(context, members, index);
	if (member->is_base) {
		child->is_base = true;
		child->is_access_prefix = true;
		child->access = arena_printf(context->arena, "(%s)%s", child->name, family->is_behind_pointer ? "*" : "");
	} else if (!member->name) {
		child->access = arena_printf(context->arena, "%s{%zu}", operator, index);
	} else if (str_starts(member->name, "__") && isdigit((unsigned char)member->name[2])) {
		child->access = arena_printf(context->arena, "%s%s", operator, member->name + 2);
	} else {
		child->access = arena_printf(context->arena, "%s%s", operator, member->name);
	}
}

// What is inside stands before the members that make it up.
static void content_child(const struct eval_context *context, const struct family *family, struct value_child *child)
{
	child->name = arena_strdup(context->arena, "*");
	child->access = arena_strdup(context->arena, "*");
	child->is_access_prefix = true;
	child->value = family->object.content;
}

static void member_children(const struct eval_context *context, struct family *family, uint64_t start, uint64_t count,
			    struct value_child *children, size_t *count_ret)
{
	size_t member_total;
	const struct type_member *members = type_members(family->type, &member_total);
	uint64_t size = eval_size_of(family->type);
	uint64_t at = 0;
	size_t made = 0;
	if (!family->value.bytes && size <= 64 * 1024)
		error_destroy(value_read(context, &family->value));
	if (family->object.has_content && at++ >= start && count)
		content_child(context, family, &children[made++]);
	for (size_t i = 0; i < member_total && made < count; i++) {
		if (members[i].is_static || at++ < start)
			continue;
		struct value_child *child = &children[made++];
		name_member(context, family, members, i, child);
		child->value = (struct value){ .type = members[i].type };
		child->error = value_member(context, &family->value, &members[i], &child->value);
	}
	*count_ret = made;
}

static void lane_children(const struct eval_context *context, struct family *family, uint64_t start, uint64_t count,
			  struct value_child *children, size_t *count_ret)
{
	size_t kind_count;
	const struct register_lane_kind *kinds = register_lane_kinds(&kind_count);
	error_destroy(value_read(context, &family->value));
	size_t made = 0;
	for (uint64_t i = start; i < kind_count && made < count; i++) {
		struct value_child *child = &children[made++];
		child->name = register_lanes_name(context, &family->value, &kinds[i]);
		child->access = arena_printf(context->arena, ".%s", child->name);
		child->value = register_lanes_of_kind(&family->value, &kinds[i]);
	}
	*count_ret = made;
}

static void named_children(const struct eval_context *context, struct family *family, uint64_t start, uint64_t count,
			   struct value_child *children, size_t *count_ret)
{
	if (type_is_vector_register(family->type)) {
		lane_children(context, family, start, count, children, count_ret);
		return;
	}
	if (!family->is_pointer) {
		member_children(context, family, start, count, children, count_ret);
		return;
	}
	children[0].name = arena_strdup(context->arena, "*");
	children[0].access = arena_strdup(context->arena, "*");
	children[0].is_access_prefix = true;
	children[0].value = (struct value){ .type = eval_target(family->type) };
	children[0].error = value_dereference(context, &family->value, &children[0].value);
	*count_ret = 1;
}

// ---- Indexed children --------------------------------------------------------------------------------------------

// The bytes of elements [start, start + count) in one read; as many as can be read.
static const uint8_t *read_block(const struct eval_context *context, const struct value *array, uint64_t offset, uint64_t size,
				 uint64_t *readable_ret)
{
	uint64_t address;
	*readable_ret = 0;
	if (array->bytes || !place_address(&array->location, &address) || size > VALUE_READ_LIMIT)
		return NULL;
	uint8_t *bytes = arena_alloc(context->arena, size);
	*readable_ret = memory_read_some(context->memory, address + offset, bytes, size);
	return bytes;
}

static void element_children(const struct eval_context *context, struct value *array, uint64_t start, uint64_t count,
			     struct value_child *children)
{
	const struct type *type = eval_strip(array->type);
	uint64_t size = eval_size_of(type->target);
	uint64_t bytes_wanted;
	uint64_t readable = 0;
	const uint8_t *block = NULL;
	if (size && !__builtin_mul_overflow(size, count, &bytes_wanted))
		block = read_block(context, array, start * size, bytes_wanted, &readable);
	for (uint64_t i = 0; i < count; i++) {
		struct value_child *child = &children[i];
		int64_t index = type->lower_bound + (int64_t)(start + i);
		child->name = arena_printf(context->arena, "[%lld]", (long long)index);
		child->access = child->name;
		child->value = (struct value){ .type = eval_target(type) };
		child->error = value_element(context, array, index, &child->value);
		if (!child->error && block && (i + 1) * size <= readable)
			child->value.bytes = block + i * size;
	}
}

static bool is_plain_key(const struct eval_context *context, struct value *key)
{
	const struct type *type = eval_strip(key->type);
	uint64_t ignored, length;
	if (type->kind == TYPE_REFERENCE || type_is_class(type))
		return value_as_text(context, key, &ignored, &length) && length <= 100;
	return type->kind == TYPE_INTEGER || type->kind == TYPE_BOOL;
}

// Rust's maps: an element is called by its key.
static void name_by_key(const struct eval_context *context, struct element *item, struct value_child *child)
{
	_cleanup_str_ struct str words = STR_INIT;
	value_format(context, &item->key, NULL, &words);
	if (is_plain_key(context, &item->key)) {
		child->name = arena_printf(context->arena, "[%s]", str_text(&words));
		child->access = child->name;
		child->expression = NULL;
	} else {
		child->name = arena_printf(context->arena, "%s %s", child->name, str_text(&words));
	}
}

// By its address where it has one: going there from the container means to go through all that come before.
static const char *element_expression(const struct eval_context *context, const struct value *element)
{
	uint64_t address;
	if (element->bit_size || element->type->language == LANGUAGE_RUST || !place_address(&element->location, &address))
		return NULL;
	_cleanup_free_ char *type = type_name(element->type);
	return arena_printf(context->arena, "(*(%s *)0x%llx)", type, (unsigned long long)address);
}

static struct error *children_apart(const struct eval_context *context, struct elements *elements, uint64_t start, uint64_t count,
				    struct value_child *children)
{
	struct element *items = arena_array(context->arena, struct element, count);
	struct error *error = elements_read(context, elements, start, count, items);
	if (error)
		return error;
	for (uint64_t i = 0; i < count; i++) {
		children[i].name = arena_printf(context->arena, "[%llu]", (unsigned long long)(start + i));
		children[i].access = children[i].name;
		children[i].expression = elements->element ? element_expression(context, &items[i].value) : NULL;
		children[i].value = items[i].value;
		if (items[i].has_key)
			name_by_key(context, &items[i], &children[i]);
	}
	return NULL;
}

static struct error *indexed_children(const struct eval_context *context, struct family *family, uint64_t start, uint64_t count,
				      struct value_child *children)
{
	struct value array = family->value;
	struct elements elements;
	if (value_as_elements(context, &family->value, &elements))
		return children_apart(context, &elements, start, count, children);
	if (family->type->kind != TYPE_ARRAY && !value_as_sequence(context, &family->value, &array))
		return error_create(ERROR_INVALID, "no elements");
	element_children(context, &array, start, count, children);
	return NULL;
}

struct error *value_children(const struct eval_context *context, struct value *value, bool is_indexed, uint64_t start, uint64_t count,
			     struct value_child **children_ret, size_t *count_ret)
{
	struct family family;
	uint64_t named;
	uint64_t indexed;
	struct error *error = family_of(context, value, &family);
	if (!error)
		error = count_family(context, &family, &named, &indexed);
	if (error)
		return error;
	uint64_t total = is_indexed ? indexed : named;
	uint64_t left = start < total ? total - start : 0;
	count = count < left ? count : left;
	if (count > CHILDREN_LIMIT)
		return error_create(ERROR_INVALID, "more than %d children at once: ask for a part", CHILDREN_LIMIT);
	struct value_child *children = arena_array(context->arena, struct value_child, count ? count : 1);
	size_t made = (size_t)count;
	if (is_indexed && count)
		error = indexed_children(context, &family, start, count, children);
	else if (count)
		named_children(context, &family, start, count, children, &made);
	if (error)
		return error;
	*children_ret = children;
	*count_ret = made;
	return NULL;
}

// ---- Expressions -------------------------------------------------------------------------------------------------

static const char *skip_group(const char *at)
{
	char quote = 0;
	unsigned depth = 0;
	for (; *at; at++) {
		if (quote) {
			quote = *at == quote ? 0 : quote;
		} else if (*at == '"' || *at == '\'') {
			quote = *at;
		} else if (*at == '(' || *at == '[' || *at == '{') {
			depth++;
		} else if ((*at == ')' || *at == ']' || *at == '}') && --depth == 0) {
			return at + 1;
		}
	}
	return at;
}

// Whether an operator may follow as it is: "a.b[3]->c", "(*p).x", "'f.c'::g", "$xmm0".
static bool is_postfix(const char *text)
{
	const char *at = text;
	if (*at == '\'') {
		const char *close = strchr(at + 1, '\'');
		at = close ? close + 1 : at;
	} else if (*at == '(') {
		at = skip_group(at);
		if (*at && *at != '.' && *at != '[' && !str_starts(at, "->"))
			return false;   // a cast
	}
	while (*at) {
		if (str_starts(at, "->"))
			at += 2;
		else if (*at == '[' || (*at == '{' && at > text && (at[-1] == '.' || at[-1] == '>')))
			at = skip_group(at);
		else if (lexer_is_name_part(*at) || *at == '.' || *at == ':' || *at == '$')
			at++;
		else
			return false;
	}
	return true;
}

// "x,x" -> "x": the format of the parent's text is none of the child's expression.
static size_t length_without_format(const char *text)
{
	size_t length = strlen(text);
	if (length > 2 && text[length - 2] == ',' && strchr("xdobcs", text[length - 1]))
		return length - 2;
	return length;
}

// "a.{1}" and the member x of that anonymous member: "a.x", as people write it.
static char *through_anonymous(const struct eval_context *context, const char *parent, const struct value_child *child)
{
	size_t length = strlen(parent);
	const char *open = strrchr(parent, '{');
	bool is_numbered = open && open > parent && parent[length - 1] == '}' && (open[-1] == '.' || open[-1] == '>');
	if (!is_numbered || child->is_access_prefix || child->access[0] != '.' || child->access[1] == '{')
		return NULL;
	return arena_printf(context->arena, "%.*s%s", (int)(open - parent), parent, child->access + 1);
}

// In a long list the way through all that come before grows beyond what can be parsed: its address is as good until the next stop.
static char *parent_by_address(const struct eval_context *context, const struct value *parent)
{
	struct value value = *parent;
	struct number number;
	uint64_t address;
	_cleanup_error_ struct error *error = value_transparent(context, &value);
	const struct type *type = eval_strip(value.type);
	bool is_pointer = type->kind == TYPE_POINTER;
	const struct type *class = is_pointer ? eval_strip(type->target) : type;
	if (error || !type_is_class(class) || !class->name)
		return NULL;
	error = is_pointer ? number_of(context, &value, &number) : value_address(&value, &address);
	if (error)
		return NULL;
	_cleanup_free_ char *name = type_name(class);
	char *pointer = arena_printf(context->arena, "(%s *)0x%llx", name, (unsigned long long)(is_pointer ? (uint64_t)number.bits : address));
	return arena_printf(context->arena, is_pointer ? "(%s)" : "(*(%s))", pointer);
}

enum { CHAIN_LIMIT = 400 };

char *value_child_expression(const struct eval_context *context, const char *parent_expression, const struct value *parent,
			     const struct value_child *child)
{
	if (child->expression)
		return arena_strdup(context->arena, child->expression);
	size_t length = length_without_format(parent_expression);
	char *text = length > CHAIN_LIMIT ? parent_by_address(context, parent) : NULL;
	if (!text)
		text = arena_strndup(context->arena, parent_expression, length);
	char *through = through_anonymous(context, text, child);
	if (through)
		return through;
	bool is_simple = is_postfix(text);
	const char *open = is_simple ? "" : "(";
	const char *close = is_simple ? "" : ")";
	const char *const prefixed[] = { child->access, open, text, close };
	const char *const suffixed[] = { open, text, close, child->access };
	return arena_concat(context->arena, child->is_access_prefix ? prefixed : suffixed, ARRAY_SIZE(suffixed));
}
