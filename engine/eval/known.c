// Library types that hold text, sequences, or one object: libstdc++'s and Rust's layouts. Whatever they contain is the
// debuggee's, and may be garbage.
#include "engine/eval/private.h"

static bool name_starts(const struct type *type, const char *beginning)
{
	return type->name && str_starts(type->name, beginning);
}

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

// std::initializer_list, and std::span of a length known at run time.
static bool cpp_view(const struct eval_context *context, struct value *value, const struct type *type, struct sequence *sequence)
{
	const struct type *pointer;
	const struct type *ignored;
	bool is_list = name_starts(type, "std::initializer_list<");
	if ((!is_list && !name_starts(type, "std::span<")) ||
	    !member_number(context, value, is_list ? "_M_array" : "_M_ptr", &sequence->address, &pointer) || pointer->kind != TYPE_POINTER ||
	    !member_number(context, value, is_list ? "_M_len" : "_M_extent_value", &sequence->count, &ignored))
		return false;
	sequence->element = eval_target(pointer);
	return true;
}

static bool sequence_of(const struct eval_context *context, struct value *value, const struct type *type, struct sequence *sequence)
{
	if (type->kind != TYPE_STRUCT && type->kind != TYPE_CLASS)
		return false;
	if (type->language == LANGUAGE_RUST)
		return rust_sequence(context, value, type, sequence);
	return cpp_sequence(context, value, type, sequence) || cpp_view(context, value, type, sequence);
}

bool value_as_sequence(const struct eval_context *context, struct value *value, struct value *array_ret)
{
	const struct type *type = eval_strip(value->type);
	struct sequence sequence;
	struct value elements = *value;
	if (name_starts(type, "std::array<") && inner(context, &elements, "_M_elems") && eval_strip(elements.type)->kind == TYPE_ARRAY) {
		*array_ret = elements;
		return true;
	}
	// An absurd count is an object that is not alive yet.
	if (!sequence_of(context, value, type, &sequence) || sequence.count > (uint64_t)1 << 40)
		return false;
	*array_ret = value_at(context, type_array_of(sequence.element, sequence.count), sequence.address);
	return true;
}

// ---- Text --------------------------------------------------------------------------------------------------------

struct text {
	uint64_t address;
	uint64_t length;
	const struct type *element;
};

static bool text_of_members(const struct eval_context *context, struct value *value, const char *pointer_name, const char *length_name,
			    struct text *text)
{
	const struct type *pointer;
	const struct type *ignored;
	if (!member_number(context, value, length_name, &text->length, &ignored) ||
	    !member_number(context, value, pointer_name, &text->address, &pointer) || pointer->kind != TYPE_POINTER)
		return false;
	text->element = eval_strip(eval_target(pointer));
	return eval_size_of(text->element) == 1;
}

// clang++ leaves the type of _M_dataplus to the library's debug information; all that it has is the pointer.
static bool undeclared_text(const struct eval_context *context, const struct value *plus, const struct type *type, struct text *text)
{
	uint64_t place;
	if (!type->name || !strstr(type->name, "basic_string<char,") || !place_address(&plus->location, &place))
		return false;
	text->element = builtin_type(BUILTIN_CHAR);
	_cleanup_error_ struct error *error = memory_read(context->memory, place, &text->address, sizeof(text->address));
	return !error;
}

static bool cpp_text(const struct eval_context *context, struct value *value, const struct type *type, struct text *text)
{
	struct value plus = *value;
	const struct type *pointer;
	const struct type *ignored;
	if (has_member(type, "_M_str") && has_member(type, "_M_len"))   // string_view
		return text_of_members(context, value, "_M_str", "_M_len", text);
	if (!has_member(type, "_M_dataplus") || !has_member(type, "_M_string_length") ||
	    !member_number(context, value, "_M_string_length", &text->length, &ignored) || !inner(context, &plus, "_M_dataplus"))
		return false;
	if (type_is_class(plus.type) && eval_strip(plus.type)->is_declaration)
		return undeclared_text(context, &plus, type, text);
	if (!member_number(context, &plus, "_M_p", &text->address, &pointer))
		return false;
	text->element = eval_strip(eval_target(pointer));
	return eval_size_of(text->element) == 1;
}

static bool rust_text(const struct eval_context *context, struct value *value, const struct type *type, struct text *text)
{
	struct sequence sequence;
	struct value vec = *value;
	bool is_str = type->name && (str_equal(type->name, "&str") || str_equal(type->name, "&mut str"));
	bool is_string = type->name && (str_equal(type->name, "String") || str_ends(type->name, "string::String"));
	if (is_string && !inner(context, &vec, "vec"))
		return false;
	if ((!is_str && !is_string) || !sequence_of(context, &vec, eval_strip(vec.type), &sequence))
		return false;
	*text = (struct text){ sequence.address, sequence.count, builtin_type(BUILTIN_CHAR) };
	return true;
}

static bool text_of(const struct eval_context *context, struct value *value, const struct type *type, struct text *text)
{
	if ((type->kind != TYPE_STRUCT && type->kind != TYPE_CLASS) || type->is_declaration)
		return false;
	return type->language == LANGUAGE_RUST ? rust_text(context, value, type, text) : cpp_text(context, value, type, text);
}

bool value_as_text(const struct eval_context *context, struct value *value, uint64_t *address_ret, uint64_t *length_ret)
{
	struct text text;
	if (!text_of(context, value, eval_strip(value->type), &text))
		return false;
	*address_ret = text.address;
	*length_ret = text.length;
	return true;
}

// The characters, as text[3] reaches them.
bool value_text_element(const struct eval_context *context, struct value *value, int64_t index, struct value *element_ret)
{
	struct text text;
	if (!text_of(context, value, eval_strip(value->type), &text))
		return false;
	*element_ret = value_at(context, text.element, text.address + (uint64_t)index);
	return true;
}

// A string that has room for it, as a program would without moving it.
struct error *value_assign_text(const struct eval_context *context, struct value *target, const uint8_t *bytes, uint64_t length)
{
	const struct type *type = eval_strip(target->type);
	struct text text;
	uint64_t capacity = 15;   // the buffer inside the object
	uint64_t own;
	struct value size;
	const struct type *ignored;
	if (type->language == LANGUAGE_RUST || !has_member(type, "_M_string_length") || !cpp_text(context, target, type, &text))
		return type_error(target->type, "no text can be stored into");
	struct error *error = value_address(target, &own);
	if (!error)
		error = value_find_member(context, target, "_M_string_length", &size);
	if (error)
		return error;
	if (text.address - own >= eval_size_of(type) && !member_number(context, target, "_M_allocated_capacity", &capacity, &ignored))
		capacity = text.length;
	if (length > capacity)
		return error_create(ERROR_INVALID, "the string has %llu characters, there is room for %llu", (unsigned long long)length,
				    (unsigned long long)capacity);
	error = place_write_memory(context, text.address, bytes, length);
	if (!error)
		error = place_write_memory(context, text.address + length, "", 1);
	struct value number = value_from_integer(context, builtin_type(BUILTIN_UNSIGNED_LONG), length);
	return error ? error : value_assign(context, &size, &number);
}

// ---- One object --------------------------------------------------------------------------------------------------

// The base whose name begins so; in *value.
static bool enter_base(const struct eval_context *context, struct value *value, const char *beginning)
{
	size_t count;
	const struct type_member *members = type_members(eval_strip(value->type), &count);
	for (size_t i = 0; i < count; i++) {
		if (!members[i].is_base || !members[i].type || !name_starts(eval_strip(members[i].type), beginning))
			continue;
		_cleanup_error_ struct error *error = value_member(context, value, &members[i], value);
		return !error;
	}
	return false;
}

// The deleter, if it has a size, comes first: the pointer is the head number 0 of the tuple.
static bool unique_pointer(const struct eval_context *context, struct value *value)
{
	return inner(context, value, "_M_t") && inner(context, value, "_M_t") && enter_base(context, value, "std::_Tuple_impl<0") &&
	       enter_base(context, value, "std::_Head_base<0") && inner(context, value, "_M_head_impl");
}

static bool smart_pointer(const struct eval_context *context, struct value *value, const struct type *type, struct value *pointer_ret)
{
	struct value pointer = *value;
	bool is_unique = name_starts(type, "std::unique_ptr<");
	bool is_shared = name_starts(type, "std::shared_ptr<") || name_starts(type, "std::weak_ptr<");
	if (!(is_unique && unique_pointer(context, &pointer)) && !(is_shared && inner(context, &pointer, "_M_ptr")))
		return false;
	if (eval_strip(pointer.type)->kind != TYPE_POINTER)
		return false;
	*pointer_ret = pointer;
	return true;
}

static bool optional(const struct eval_context *context, struct value *value, const struct type *type, bool *has_value_ret,
		     struct value *content_ret)
{
	struct value payload = *value;
	uint64_t has_value;
	const struct type *ignored;
	if (!name_starts(type, "std::optional<") || !inner(context, &payload, "_M_payload") ||
	    !member_number(context, &payload, "_M_engaged", &has_value, &ignored) || !inner(context, &payload, "_M_payload") ||
	    !inner(context, &payload, "_M_value"))
		return false;
	*has_value_ret = has_value != 0;
	*content_ret = payload;
	return true;
}

bool value_as_pointer(const struct eval_context *context, struct value *value, struct value *pointer_ret)
{
	const struct type *type = eval_strip(value->type);
	return type_is_class(type) && smart_pointer(context, value, type, pointer_ret);
}

bool value_as_content(const struct eval_context *context, struct value *value, struct value *content_ret)
{
	const struct type *type = eval_strip(value->type);
	bool has_value;
	return type_is_class(type) && optional(context, value, type, &has_value, content_ret) && has_value;
}

// ---- Summaries ---------------------------------------------------------------------------------------------------

static bool format_object(struct formatter *formatter, struct value *value, const struct type *type)
{
	struct value object;
	bool has_value;
	if (smart_pointer(formatter->context, value, type, &object)) {
		format_value(formatter, &object);
		return true;
	}
	if (!optional(formatter->context, value, type, &has_value, &object))
		return false;
	if (has_value)
		format_value(formatter, &object);
	else
		str_add(formatter->text, "nullopt");
	return true;
}

static bool format_nodes(struct formatter *formatter, const struct value *value)
{
	const struct eval_context *context = formatter->context;
	struct nodes nodes;
	if (!value_as_nodes(context, value, &nodes))
		return false;
	// Two characters each at least.
	uint64_t shown = nodes.count < formatter->summary_limit ? nodes.count : formatter->summary_limit;
	struct value *elements = arena_array(context->arena, struct value, shown + 1);
	struct error *error = nodes_elements(context, &nodes, 0, shown, elements);
	str_printf(formatter->text, "[%llu] {", (unsigned long long)nodes.count);
	for (uint64_t i = 0; !error && i < nodes.count; i++) {
		str_add(formatter->text, i ? ", " : "");
		if (i == shown || format_is_full(formatter)) {
			str_add(formatter->text, "...");
			break;
		}
		format_value(formatter, &elements[i]);
	}
	if (error)
		format_error(formatter, error);
	str_char(formatter->text, '}');
	return true;
}

bool format_known(struct formatter *formatter, struct value *value, const struct type *type)
{
	struct text text;
	struct value array;
	if (type->kind == TYPE_UNION || type->is_declaration)
		return false;
	if (text_of(formatter->context, value, type, &text)) {
		format_string_at(formatter, text.element, text.address, text.length, false);
		return true;
	}
	if (value_as_sequence(formatter->context, value, &array)) {
		format_value(formatter, &array);
		return true;
	}
	return format_nodes(formatter, value) || format_object(formatter, value, type);
}
