// Library types that hold text, sequences, or one object: libstdc++'s and Rust's layouts. Whatever they contain is the
// debuggee's, and may be garbage.
#include "engine/eval/library.h"

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
	const struct type *element = library_argument(context, type, 0);
	sequence->element = element ? element : sequence->element;
	return true;
}

static bool range(const struct eval_context *context, const struct value *value, const struct library_type *library, struct sequence *sequence)
{
	uint64_t finish;
	const struct type *ignored;
	if (!library_pointer(context, value, library->paths[0], &sequence->address, &sequence->element) ||
	    !library_pointer(context, value, library->paths[1], &finish, &ignored))
		return false;
	uint64_t size = eval_size_of(sequence->element);
	if (!size || finish < sequence->address)
		return false;
	sequence->count = (finish - sequence->address) / size;
	return true;
}

// A span of a length known to the compiler has it in its type alone.
static bool counted(const struct eval_context *context, const struct value *value, const struct library_type *library,
		    struct sequence *sequence)
{
	return library_pointer(context, value, library->paths[0], &sequence->address, &sequence->element) &&
	       (library_number(context, value, library->paths[1], &sequence->count) ||
		library_last_argument(value->type, &sequence->count));
}

static bool sequence_of(const struct eval_context *context, struct value *value, const struct type *type, struct sequence *sequence)
{
	if (type->kind != TYPE_STRUCT && type->kind != TYPE_CLASS)
		return false;
	if (type->language == LANGUAGE_RUST)
		return rust_sequence(context, value, type, sequence);
	const struct library_type *library = library_type_of(type);
	if (!library)
		return false;
	return (library->shape == SHAPE_RANGE && range(context, value, library, sequence)) ||
	       (library->shape == SHAPE_COUNTED && counted(context, value, library, sequence));
}

bool value_as_sequence(const struct eval_context *context, struct value *value, struct value *array_ret)
{
	struct value inside = *value;
	struct sequence sequence;
	const struct library_type *library;
	for (unsigned depth = 0; depth < 4 && (library = library_type_of(inside.type)) && library->shape == SHAPE_ADAPTOR; depth++)
		if (!library_enter(context, &inside, library->paths[0]))
			return false;
	const struct type *type = eval_strip(inside.type);
	if (type->kind == TYPE_ARRAY && type_is_class(value->type)) {
		*array_ret = inside;
		return true;
	}
	// An absurd count is an object that is not alive yet.
	if (!sequence_of(context, &inside, type, &sequence) || sequence.count > (uint64_t)1 << 40)
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

static bool is_unit(const struct type *element)
{
	uint64_t size = eval_size_of(element);
	return size == 1 || size == 2 || size == 4;
}

static bool text_of_members(const struct eval_context *context, struct value *value, const char *pointer_name, const char *length_name,
			    struct text *text)
{
	const struct type *pointer;
	const struct type *ignored;
	if (!member_number(context, value, length_name, &text->length, &ignored) ||
	    !member_number(context, value, pointer_name, &text->address, &pointer) || pointer->kind != TYPE_POINTER)
		return false;
	text->element = eval_strip(eval_target(pointer));
	return is_unit(text->element);
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
	return is_unit(text->element);
}

// Fat pointers to text.
static bool is_rust_text(const char *name)
{
	static const char *const owners[] = { "&mut ", "&", "*const ", "*mut ", "alloc::boxed::Box<" };
	static const char *const texts[] = { "str", "std::path::Path", "std::ffi::os_str::OsStr", "core::ffi::c_str::CStr" };
	size_t owner = 0;
	while (owner < ARRAY_SIZE(owners) && !str_starts(name, owners[owner]))
		owner++;
	if (owner == ARRAY_SIZE(owners))
		return false;
	name += strlen(owners[owner]);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		size_t length = strlen(texts[i]);
		if (str_starts(name, texts[i]) && (!name[length] || name[length] == ','))
			return true;
	}
	return false;
}

static bool rust_text(const struct eval_context *context, struct value *value, const struct type *type, struct text *text)
{
	struct sequence sequence;
	struct value bytes = *value;
	const struct library_type *library = library_type_of(type);
	bool is_owner = library && library->shape == SHAPE_BYTES;
	if (!type->name || (!is_owner && !is_rust_text(type->name)))
		return false;
	if (is_owner && !library_enter(context, &bytes, library->paths[0]))
		return false;
	if (!rust_sequence(context, &bytes, eval_strip(bytes.type), &sequence))
		return false;
	*text = (struct text){ sequence.address, sequence.count, builtin_type(BUILTIN_CHAR) };
	if (strstr(type->name, "c_str::CStr") && text->length)   // the zero at the end is no part of the text
		text->length--;
	return true;
}

static bool text_of(const struct eval_context *context, struct value *value, const struct type *type, struct text *text)
{
	if ((type->kind != TYPE_STRUCT && type->kind != TYPE_CLASS) || type->is_declaration)
		return false;
	if (type->language == LANGUAGE_RUST)
		return rust_text(context, value, type, text);
	struct value inside = *value;
	const struct library_type *library = library_type_of(type);
	if (library && library->shape == SHAPE_ADAPTOR && library_enter(context, &inside, library->paths[0]))
		return type_is_class(inside.type) && !library_type_of(inside.type) &&
		       cpp_text(context, &inside, eval_strip(inside.type), text);
	return !library && cpp_text(context, value, type, text);
}

bool value_as_text(const struct eval_context *context, struct value *value, uint64_t *address_ret, uint64_t *length_ret)
{
	struct text text;
	if (!text_of(context, value, eval_strip(value->type), &text) || eval_size_of(text.element) != 1)
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
	if (index < 0 || (uint64_t)index > text.length)
		return false;
	*element_ret = value_at(context, text.element, text.address + (uint64_t)index * eval_size_of(text.element));
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

// ---- Summaries ---------------------------------------------------------------------------------------------------

static void format_content(struct formatter *formatter, struct object *object)
{
	if (object->words) {
		str_add(formatter->text, object->words);
		return;
	}
	if (object->has_pointer)
		format_value(formatter, &object->pointer);
	if (object->is_address_shown && object->has_content)
		str_char(formatter->text, ' ');
	if (object->has_content && (object->is_address_shown || !object->has_pointer))
		format_value(formatter, &object->content);
	if (object->unit)
		str_printf(formatter->text, " %s", object->unit);
}

static bool format_object(struct formatter *formatter, struct value *value)
{
	struct object object;
	if (!value_as_object(formatter->context, value, &object))
		return false;
	format_content(formatter, &object);
	if (object.note)
		str_printf(formatter->text, " %s", object.note);
	return true;
}

static void format_item(struct formatter *formatter, struct element *item)
{
	if (item->has_key) {
		format_value(formatter, &item->key);
		str_add(formatter->text, ": ");
	}
	format_value(formatter, &item->value);
}

static bool format_elements_apart(struct formatter *formatter, const struct value *value)
{
	const struct eval_context *context = formatter->context;
	struct elements elements;
	if (!value_as_elements(context, value, &elements))
		return false;
	// Two characters each at least.
	uint64_t shown = elements.count < formatter->summary_limit ? elements.count : formatter->summary_limit;
	struct element *items = arena_array(context->arena, struct element, shown + 1);
	struct error *error = elements_read(context, &elements, 0, shown, items);
	str_printf(formatter->text, "[%llu] {", (unsigned long long)elements.count);
	for (uint64_t i = 0; !error && i < elements.count; i++) {
		str_add(formatter->text, i ? ", " : "");
		if (i == shown || format_is_full(formatter)) {
			str_add(formatter->text, "...");
			break;
		}
		format_item(formatter, &items[i]);
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
	return format_elements_apart(formatter, value) || format_object(formatter, value);
}
