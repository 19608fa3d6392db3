// Strings of one, two and four bytes a character, and the library types that hold text or sequences.
#include "engine/eval/private.h"

static void add_code(struct str *utf8, uint32_t code)
{
	if (code < 0x80) {
		str_char(utf8, (char)code);
		return;
	}
	unsigned more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const unsigned char leads[] = { 0, 0xc0, 0xe0, 0xf0 };
	str_char(utf8, (char)(leads[more] | code >> (6 * more)));
	while (more-- > 0)
		str_char(utf8, (char)(0x80 | (code >> (6 * more) & 0x3f)));
}

static uint32_t unit_at(const uint8_t *bytes, uint64_t unit, uint64_t index)
{
	uint32_t code = 0;
	memcpy(&code, bytes + index * unit, unit);
	return code;
}

// UTF-16 and UTF-32 to UTF-8; what is no character becomes U+FFFD.
static void add_wide(struct str *utf8, const uint8_t *bytes, uint64_t unit, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		uint32_t code = unit_at(bytes, unit, i);
		uint32_t next = i + 1 < count ? unit_at(bytes, unit, i + 1) : 0;
		if (unit == 2 && code >= 0xd800 && code < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
			code = 0x10000 + ((code - 0xd800) << 10) + (next - 0xdc00);
			i++;
		}
		add_code(utf8, code >= 0x110000 || (code >= 0xd800 && code < 0xe000) ? 0xfffd : code);
	}
}

static const char *string_prefix(const struct type *element)
{
	uint64_t size = eval_size_of(element);
	if (size == 2)
		return "u";
	return size != 4 ? "" : element->name && strstr(element->name, "wchar") ? "L" : "U";
}

static void add_quoted(struct formatter *formatter, const struct type *element, const uint8_t *bytes, uint64_t count, bool is_cut)
{
	uint64_t unit = eval_size_of(element);
	_cleanup_str_ struct str utf8 = STR_INIT;
	if (count > formatter->string_limit) {
		count = formatter->string_limit;
		is_cut = true;
	}
	str_add(formatter->text, string_prefix(element));
	str_char(formatter->text, '"');
	if (unit == 1) {
		// Not in the middle of a character of UTF-8.
		while (is_cut && count && (bytes[count - 1] & 0xc0) == 0x80 && count > formatter->string_limit - 3)
			count--;
		str_escape(formatter->text, bytes, count, '"');
	} else {
		add_wide(&utf8, bytes, unit, count);
		str_escape(formatter->text, utf8.data, utf8.length, '"');
	}
	str_add(formatter->text, is_cut ? "\"..." : "\"");
}

void format_string_bytes(struct formatter *formatter, const struct type *element, const uint8_t *bytes, uint64_t count, bool is_cut)
{
	uint64_t unit = eval_size_of(element);
	uint64_t length = 0;
	if (unit != 1 && unit != 2 && unit != 4) {
		str_add(formatter->text, "<characters of unknown size>");
		return;
	}
	while (length < count && unit_at(bytes, unit, length))
		length++;
	add_quoted(formatter, element, bytes, length, is_cut && length == count);
}

static void format_wide_at(struct formatter *formatter, const struct type *element, uint64_t address, uint64_t limit)
{
	uint64_t unit = eval_size_of(element);
	_cleanup_free_ uint8_t *bytes = xcalloc(limit + 1, unit);
	uint64_t count = memory_read_some(formatter->context->memory, address, bytes, (limit + 1) * unit) / unit;
	if (!count)
		str_printf(formatter->text, "<cannot read 0x%llx>", (unsigned long long)address);
	else
		format_string_bytes(formatter, element, bytes, count, count <= limit);
}

void format_string_at(struct formatter *formatter, const struct type *element, uint64_t address, uint64_t length, bool is_terminated)
{
	uint64_t limit = formatter->string_limit;
	_cleanup_str_ struct str bytes = STR_INIT;
	if (is_terminated && eval_size_of(element) != 1) {
		if (eval_size_of(element) == 2 || eval_size_of(element) == 4)
			format_wide_at(formatter, element, address, limit);
		return;
	}
	if (is_terminated) {
		bool is_cut = false;
		struct error *error = memory_read_string(formatter->context->memory, address, limit, &bytes, &is_cut);
		if (error)
			format_error(formatter, error);
		else
			add_quoted(formatter, element, (const uint8_t *)str_text(&bytes), bytes.length, is_cut);
		return;
	}
	uint64_t shown = length < limit ? length : limit;
	uint8_t *copy = arena_alloc(formatter->context->arena, shown ? shown : 1);
	struct error *error = shown ? memory_read(formatter->context->memory, address, copy, shown) : NULL;
	if (error)
		format_error(formatter, error);
	else
		add_quoted(formatter, element, copy, shown, length > shown);
}

// ---- Known layouts -----------------------------------------------------------------------------------------------

static bool member_number(const struct eval_context *context, struct value *value, const char *name, uint64_t *number_ret,
			  const struct type **type_ret)
{
	struct value member;
	struct number number;
	_cleanup_error_ struct error *error = value_find_member(context, value, name, &member);
	if (!error)
		error = number_of(context, &member, &number);
	if (error)
		return false;
	*number_ret = (uint64_t)number.bits;
	*type_ret = number.type;
	return true;
}

static bool has_member(const struct type *type, const char *name)
{
	size_t count;
	const struct type_member *members = type_members(type, &count);
	for (size_t i = 0; i < count; i++)
		if (members[i].name && str_equal(members[i].name, name))
			return true;
	return false;
}

static bool inner(const struct eval_context *context, struct value *value, const char *name)
{
	_cleanup_error_ struct error *error = value_find_member(context, value, name, value);
	return !error;
}

// The first pointer found going down first members: Vec's buffer, whatever this compiler wraps it in.
static bool find_pointer(const struct eval_context *context, struct value *value, unsigned depth, uint64_t *address_ret,
			 const struct type **target_ret)
{
	const struct type *type = eval_strip(value->type);
	struct number number;
	if (type->kind == TYPE_POINTER) {
		_cleanup_error_ struct error *error = number_of(context, value, &number);
		if (error)
			return false;
		*address_ret = (uint64_t)number.bits;
		*target_ret = eval_target(type);
		return true;
	}
	if (depth > 8 || (type->kind != TYPE_STRUCT && type->kind != TYPE_CLASS))
		return false;
	size_t count;
	const struct type_member *members = type_members(type, &count);
	for (size_t i = 0; i < count; i++) {
		struct value part;
		_cleanup_error_ struct error *error = value_member(context, value, &members[i], &part);
		if (!error && find_pointer(context, &part, depth + 1, address_ret, target_ret))
			return true;
	}
	return false;
}

// "alloc::vec::Vec<i32, alloc::alloc::Global>": its element's type, for RawVecInner's own pointer is to u8.
static const struct type *first_template_argument(const struct eval_context *context, const struct type *type)
{
	const char *open = type->name ? strchr(type->name, '<') : NULL;
	if (!open || !context->modules)
		return NULL;
	unsigned depth = 0;
	const char *end = open + 1;
	for (; *end && (depth || (*end != ',' && *end != '>')); end++)
		depth += (*end == '<' || *end == '(') ? 1u : (*end == '>' || *end == ')') ? -1u : 0u;
	char *name = arena_strndup(context->arena, open + 1, (size_t)(end - open - 1));
	const struct type *found = modules_find_type(context->modules, name, context->pc);
	return found ? found : builtin_named(name);
}

struct sequence {
	const struct type *element;
	uint64_t address;
	uint64_t count;
};

static bool rust_sequence(const struct eval_context *context, struct value *value, const struct type *type, struct sequence *sequence)
{
	const struct type *pointer;
	const struct type *ignored;
	if (has_member(type, "data_ptr") && has_member(type, "length")) {
		if (!member_number(context, value, "data_ptr", &sequence->address, &pointer) || pointer->kind != TYPE_POINTER ||
		    !member_number(context, value, "length", &sequence->count, &ignored))
			return false;
		sequence->element = eval_target(pointer);
		return true;
	}
	struct value buffer = *value;
	if (!type->name || !strstr(type->name, "Vec<") || !has_member(type, "buf") || !has_member(type, "len") ||
	    !member_number(context, value, "len", &sequence->count, &ignored) || !inner(context, &buffer, "buf") ||
	    !find_pointer(context, &buffer, 0, &sequence->address, &sequence->element))
		return false;
	const struct type *element = first_template_argument(context, type);
	sequence->element = element ? element : sequence->element;
	return true;
}

// libstdc++: std::vector's _M_impl has the three pointers.
static bool cpp_sequence(const struct eval_context *context, struct value *value, const struct type *type, struct sequence *sequence)
{
	struct value impl = *value;
	const struct type *pointer;
	uint64_t finish;
	if (!type->name || !strstr(type->name, "vector<") || strstr(type->name, "vector<bool") || !inner(context, &impl, "_M_impl") ||
	    !member_number(context, &impl, "_M_start", &sequence->address, &pointer) || pointer->kind != TYPE_POINTER ||
	    !member_number(context, &impl, "_M_finish", &finish, &pointer))
		return false;
	sequence->element = eval_target(pointer);
	uint64_t size = eval_size_of(sequence->element);
	if (!size || finish < sequence->address)
		return false;
	sequence->count = (finish - sequence->address) / size;
	return true;
}

static bool sequence_of(const struct eval_context *context, struct value *value, const struct type *type, struct sequence *sequence)
{
	if (type->kind != TYPE_STRUCT && type->kind != TYPE_CLASS)
		return false;
	return type->language == LANGUAGE_RUST ? rust_sequence(context, value, type, sequence)
					       : cpp_sequence(context, value, type, sequence);
}

bool value_as_sequence(const struct eval_context *context, struct value *value, struct value *array_ret)
{
	const struct type *type = eval_strip(value->type);
	struct sequence sequence;
	// An absurd count is an object that is not alive yet.
	if (!sequence_of(context, value, type, &sequence) || sequence.count > (uint64_t)1 << 40)
		return false;
	*array_ret = value_at(context, type_array_of(sequence.element, sequence.count), sequence.address);
	return true;
}

static bool format_cpp_string(struct formatter *formatter, struct value *value, const struct type *type)
{
	struct value plus = *value;
	uint64_t address;
	uint64_t length;
	const struct type *pointer;
	const struct type *ignored;
	if (!has_member(type, "_M_dataplus") || !has_member(type, "_M_string_length") ||
	    !member_number(formatter->context, value, "_M_string_length", &length, &ignored) ||
	    !inner(formatter->context, &plus, "_M_dataplus") || !member_number(formatter->context, &plus, "_M_p", &address, &pointer) ||
	    eval_size_of(eval_target(pointer)) != 1)
		return false;
	format_string_at(formatter, eval_strip(eval_target(pointer)), address, length, false);
	return true;
}

static bool format_rust_string(struct formatter *formatter, struct value *value, const struct type *type)
{
	struct sequence sequence;
	struct value vec = *value;
	bool is_str = type->name && (str_equal(type->name, "&str") || str_equal(type->name, "&mut str"));
	bool is_string = type->name && (str_equal(type->name, "String") || str_ends(type->name, "string::String"));
	if (is_string && !inner(formatter->context, &vec, "vec"))
		return false;
	if ((!is_str && !is_string) || !sequence_of(formatter->context, &vec, eval_strip(vec.type), &sequence))
		return false;
	format_string_at(formatter, builtin_type(BUILTIN_CHAR), sequence.address, sequence.count, false);
	return true;
}

bool format_known(struct formatter *formatter, struct value *value, const struct type *type)
{
	if (type->kind == TYPE_UNION || type->is_declaration)
		return false;
	bool is_string = type->language == LANGUAGE_RUST ? format_rust_string(formatter, value, type)
							 : format_cpp_string(formatter, value, type);
	struct value array;
	if (is_string)
		return true;
	if (!value_as_sequence(formatter->context, value, &array))
		return false;
	format_value(formatter, &array);
	return true;
}
