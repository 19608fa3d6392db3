// One-line summaries: which kind of value gets which words, and where a summary is cut.
#include "engine/eval/format.h"

#include "engine/eval/private.h"

// Deeper nesting than any summary's length can show; also the bound for types that contain themselves in hostile files.
enum { FORMAT_DEPTH_LIMIT = 16 };

bool format_is_full(const struct formatter *formatter)
{
	return formatter->text->length - formatter->start >= formatter->summary_limit;
}

void format_error(struct formatter *formatter, struct error *error)
{
	if (error->code == ERROR_FAULT)
		str_printf(formatter->text, "<cannot read 0x%llx>", (unsigned long long)error->address);
	else if (error->code == ERROR_UNAVAILABLE && str_equal(error->message, "optimised out"))
		str_add(formatter->text, "<optimised out>");
	else
		str_printf(formatter->text, "<%s>", error->message);
	error_destroy(error);
}

// Puts ", " between items; false, and "..." added, when the summary is long enough.
static bool next_item(struct formatter *formatter, bool *is_first)
{
	if (!*is_first)
		str_add(formatter->text, ", ");
	*is_first = false;
	if (!format_is_full(formatter))
		return true;
	str_add(formatter->text, "...");
	return false;
}

static void format_member(struct formatter *formatter, struct value *value, const struct type_member *member)
{
	struct value part;
	struct error *error = value_member(formatter->context, value, member, &part);
	if (error)
		format_error(formatter, error);
	else
		format_value(formatter, &part);
}

static bool is_rust_tuple(const struct type_member *members, size_t count)
{
	return count && members[0].name && str_equal(members[0].name, "__0");
}

static void format_member_name(struct formatter *formatter, const struct type_member *member)
{
	if (member->is_base) {
		_cleanup_free_ char *name = type_name(member->type);
		str_printf(formatter->text, "<%s> = ", name);
	} else if (member->name) {
		str_printf(formatter->text, "%s = ", member->name);
	}
}

// Tags, allocators and comparisons that say nothing.
static bool is_empty_base(const struct type_member *member, unsigned depth)
{
	size_t count;
	if (!member->is_base || member->is_virtual_base || depth > FORMAT_DEPTH_LIMIT)
		return false;
	const struct type_member *members = type_members(member->type, &count);
	for (size_t i = 0; i < count; i++)
		if (!members[i].is_static && !is_empty_base(&members[i], depth + 1))
			return false;
	return true;
}

static void format_members(struct formatter *formatter, struct value *value, const struct type *type)
{
	size_t count;
	const struct type_member *members = type_members(type, &count);
	bool is_tuple = type->language == LANGUAGE_RUST && is_rust_tuple(members, count);
	bool is_first = true;
	str_char(formatter->text, is_tuple ? '(' : '{');
	for (size_t i = 0; i < count; i++) {
		if (members[i].is_static || is_empty_base(&members[i], 0))
			continue;
		if (!next_item(formatter, &is_first))
			break;
		if (!is_tuple)
			format_member_name(formatter, &members[i]);
		format_member(formatter, value, &members[i]);
	}
	str_char(formatter->text, is_tuple ? ')' : '}');
}

// "core::option::Option<i32>::Some" -> "Some": behind the last "::" outside <>.
static const char *last_component(const char *name)
{
	unsigned depth = 0;
	const char *found = name;
	for (const char *at = name; *at; at++) {
		if (*at == '<')
			depth++;
		else if (*at == '>' && depth)
			depth--;
		else if (at[0] == ':' && at[1] == ':' && !depth)
			found = at + 2;
	}
	return found;
}

static void format_rust_name(struct formatter *formatter, const char *name)
{
	name = last_component(name);
	if (*name != '(' && *name != '&')
		str_append(formatter->text, name, strcspn(name, "<"));
}

static void format_rust(struct formatter *formatter, struct value *value, const struct type *type)
{
	size_t count;
	if (type_discriminant(type)) {
		const struct type_member *alive = variant_alive(formatter->context, value);
		struct value variant;
		struct error *error = alive ? value_member(formatter->context, value, alive, &variant)
					    : error_create(ERROR_FORMAT, "unknown variant");
		if (error) {
			format_error(formatter, error);
			return;
		}
		if (alive->name)
			str_add(formatter->text, last_component(alive->name));
		type = eval_strip(variant.type);
		const struct type_member *members = type_members(type, &count);
		if (!count)
			return;
		if (!is_rust_tuple(members, count))
			str_char(formatter->text, ' ');
		format_members(formatter, &variant, type);
		return;
	}
	const struct type_member *members = type_members(type, &count);
	size_t before = formatter->text->length;
	if (type->name && str_equal(type->name, "()"))
		str_add(formatter->text, "()");
	else if (type->name)
		format_rust_name(formatter, type->name);
	if (!count)
		return;
	if (formatter->text->length > before && !is_rust_tuple(members, count))
		str_char(formatter->text, ' ');
	format_members(formatter, value, type);
}

static void format_class(struct formatter *formatter, struct value *value, const struct type *type)
{
	// One read for all members that are small enough to be read at once; what fails shows member by member.
	if (!value->bytes && eval_size_of(type) <= 4096)
		error_destroy(value_read(formatter->context, value));
	if (type->is_declaration)
		str_add(formatter->text, "<incomplete type>");
	else if (type->language == LANGUAGE_RUST)
		format_rust(formatter, value, type);
	else
		format_members(formatter, value, type);
}

static void format_elements(struct formatter *formatter, struct value *value, const struct type *type, uint64_t count)
{
	struct value block = *value;
	uint64_t size = eval_size_of(type->target);
	// At most so many elements can be shown: two characters each at least.
	uint64_t shown = count < formatter->summary_limit ? count : formatter->summary_limit;
	if (!block.bytes && shown && size && size <= 4096) {
		block.type = type_array_of(type->target, shown);
		error_destroy(value_read(formatter->context, &block));
		block.type = block.bytes ? block.type : value->type;
	}
	bool is_first = true;
	int64_t lower = eval_strip(block.type)->lower_bound;
	str_char(formatter->text, '{');
	for (uint64_t i = 0; i < count && next_item(formatter, &is_first); i++) {
		struct value element;
		struct error *error = value_element(formatter->context, &block, lower + (int64_t)i, &element);
		if (error)
			format_error(formatter, error);
		else
			format_value(formatter, &element);
		if (error)
			break;
	}
	str_char(formatter->text, '}');
}

static void format_characters(struct formatter *formatter, struct value *value, const struct type *type, uint64_t count)
{
	uint64_t unit = eval_size_of(type->target);
	uint64_t shown = count < formatter->string_limit ? count : formatter->string_limit + 1;
	struct value part = *value;
	if (!part.bytes) {
		part.type = type_array_of(type->target, shown);
		struct error *error = unit ? value_read(formatter->context, &part) : type_error(type->target, "unknown size");
		if (error) {
			format_error(formatter, error);
			return;
		}
	}
	const struct type *element = type_as_character(type->target);
	if (element->size == 1 && element->name && strchr(element->name, ' ')) {
		// "unsigned char" and "signed char" are data as well: a zero does not end them.
		while (shown && !part.bytes[shown - 1])
			shown--;
		format_bytes(formatter, part.bytes, shown);
		return;
	}
	format_string_bytes(formatter, element, part.bytes, shown, false);
}

static bool is_innermost_of_array(const struct formatter *formatter)
{
	return formatter->text->length && formatter->depth > 1 && formatter->is_in_array;
}

// Where it begins, or the text that is there.
static bool format_flexible(struct formatter *formatter, const struct value *value, const struct type *type)
{
	uint64_t address;
	const struct type *character = type_as_character(type->target);
	if (!eval_is_flexible(formatter->context, type) || !place_address(&value->location, &address))
		return false;
	if (character && formatter->format->base == BASE_NATURAL && !formatter->format->show_raw)
		format_string_at(formatter, character, address, 0, true);
	else
		str_hex(formatter->text, address);
	return true;
}

static void format_array(struct formatter *formatter, struct value *value, const struct type *type)
{
	uint64_t count = eval_count(formatter->context, type);
	bool is_text = type_as_character(type->target) && !type->is_vector && type->language != LANGUAGE_RUST;
	if (!count && format_flexible(formatter, value, type))
		return;
	if (is_text && formatter->format->base == BASE_NATURAL && !formatter->format->show_raw && count) {
		format_characters(formatter, value, type, count);
		return;
	}
	bool was_in_array = formatter->is_in_array;
	if (!is_innermost_of_array(formatter))
		str_printf(formatter->text, "[%llu] ", (unsigned long long)count);
	formatter->is_in_array = true;
	format_elements(formatter, value, type, count);
	formatter->is_in_array = was_in_array;
}

static void format_vector_register(struct formatter *formatter, struct value *value)
{
	struct error *error = value_read(formatter->context, value);
	if (error) {
		format_error(formatter, error);
		return;
	}
	str_add(formatter->text, "0x");
	for (uint64_t i = eval_size_of(value->type); i-- > 0;)
		str_printf(formatter->text, "%02x", value->bytes[i]);
}

static void format_unspecified(struct formatter *formatter, struct value *value, const struct type *type)
{
	uint64_t address;
	if (type_is_vector_register(type)) {
		format_vector_register(formatter, value);
	} else if (type_is_undebugged(type) && place_address(&value->location, &address)) {
		str_hex(formatter->text, address);
		str_add(formatter->text, " <data variable, no debug info>");
	} else if (type->name && strstr(type->name, "nullptr")) {
		str_add(formatter->text, "nullptr");
	} else {
		str_printf(formatter->text, "<%s>", type->name ? type->name : "no value");
	}
}

static void format_function(struct formatter *formatter, const struct value *value)
{
	uint64_t address;
	if (!place_address(&value->location, &address)) {
		str_add(formatter->text, "<function>");
		return;
	}
	struct value pointer = value_from_integer(formatter->context, type_pointer_to(value->type), address);
	format_value(formatter, &pointer);
}

static void format_transparent(struct formatter *formatter, struct value *value)
{
	struct error *error = value_transparent(formatter->context, value);
	if (error)
		format_error(formatter, error);
	else
		format_value(formatter, value);
}

void format_value(struct formatter *formatter, struct value *value)
{
	const struct type *type = eval_strip(value->type);
	if (formatter->depth >= FORMAT_DEPTH_LIMIT) {
		str_add(formatter->text, "{...}");
		return;
	}
	formatter->depth++;
	switch (type->kind) {
	case TYPE_STRUCT:
	case TYPE_CLASS:
	case TYPE_UNION: {
		bool was_in_array = formatter->is_in_array;
		formatter->is_in_array = false;
		if (formatter->format->show_raw || !format_known(formatter, value, type))
			format_class(formatter, value, type);
		formatter->is_in_array = was_in_array;
		break;
	}
	case TYPE_ARRAY: format_array(formatter, value, type); break;
	case TYPE_REFERENCE: format_transparent(formatter, value); break;
	case TYPE_VOID: str_add(formatter->text, "void"); break;
	case TYPE_FUNCTION: format_function(formatter, value); break;
	case TYPE_UNSPECIFIED: format_unspecified(formatter, value, type); break;
	default: format_scalar(formatter, value, type); break;
	}
	formatter->depth--;
}

void value_format(const struct eval_context *context, struct value *value, const struct value_format *format, struct str *text)
{
	static const struct value_format natural;
	if (!format)
		format = &natural;
	struct formatter formatter = {
		.context = context,
		.format = format,
		.text = text,
		.start = text->length,
		.summary_limit = format->summary_limit ? format->summary_limit : 120,
		.string_limit = format->string_limit ? format->string_limit : 200,
	};
	format_value(&formatter, value);
	str_reserve(text, 0);
}
