// Library types with one object inside, or none: smart pointers, sums, cells, iterators, times.
#include <stdio.h>
#include <time.h>

#include "engine/eval/library.h"

static bool has_content(struct object *object, const struct value *content)
{
	object->content = *content;
	object->has_content = true;
	return true;
}

static bool has_words(struct object *object, const char *words)
{
	object->words = words;
	return true;
}

static void set_pointer(const struct eval_context *context, struct object *object, const struct type *target, uint64_t address)
{
	object->pointer = value_from_integer(context, type_pointer_to(target), address);
	object->has_pointer = true;
}

// ---- What is just wrapped ----------------------------------------------------------------------------------------

static const char *borrow_note(const struct eval_context *context, int64_t borrows)
{
	if (!borrows)
		return NULL;
	return borrows < 0 ? "(borrowed mutably)" : arena_printf(context->arena, "(borrowed %lld times)", (long long)borrows);
}

static bool open_wrapper(const struct eval_context *context, const struct value *value, const struct library_type *library, struct object *object)
{
	struct value content = *value;
	uint64_t state = 0;
	if (!library_enter(context, &content, library->paths[0]))
		return false;
	if (library->note != NOTE_NONE && library_number(context, value, library->paths[1], &state))
		object->note = library->note == NOTE_BORROW ? borrow_note(context, (int64_t)state) : state ? "(locked)" : NULL;
	return has_content(object, &content);
}

static bool open_optional(const struct eval_context *context, const struct value *value, const struct library_type *library, struct object *object)
{
	struct value payload = *value;
	uint64_t is_engaged;
	if (!library_enter(context, &payload, library->paths[0]) || !library_number(context, &payload, "_M_engaged", &is_engaged))
		return false;
	if (!is_engaged)
		return has_words(object, "nullopt");
	return library_enter(context, &payload, "_M_payload._M_value") && has_content(object, &payload);
}

// The alternative number i is the first one of the rest of the rest ...
static bool open_variant(const struct eval_context *context, const struct value *value, const struct library_type *library, struct object *object)
{
	struct value part = *value;
	struct value index = *value;
	struct number number;
	if (!library_enter(context, &part, library->paths[0]) || !library_enter(context, &index, library->paths[1]))
		return false;
	_cleanup_error_ struct error *error = number_of(context, &index, &number);
	if (error)
		return false;
	if (number.bits == ((uint64_t)1 << eval_size_of(number.type) * 8) - 1)
		return has_words(object, "valueless");
	for (uint64_t i = 0; i < (uint64_t)number.bits; i++)
		if (!library_enter(context, &part, "_M_rest"))
			return false;
	if (!library_enter(context, &part, "_M_first._M_storage"))
		return false;
	const struct type *type = eval_strip(part.type);
	if (type->name && str_starts(type->name, "__gnu_cxx::__aligned_")) {
		const struct type *own = library_argument(context, type, 0);
		struct error *failure = own ? value_slice(context, &part, own, 0, &part) : error_create(ERROR_NOT_FOUND, "no type");
		if (failure) {
			error_destroy(failure);
			return false;
		}
	}
	return has_content(object, &part);
}

// ---- What only a function knows the type of ----------------------------------------------------------------------

// The symbol that begins at the address; NULL if there is none.
static const char *symbol_at(const struct eval_context *context, uint64_t address)
{
	_cleanup_str_ struct str symbol = STR_INIT;
	if (!context->modules || !modules_symbolise(context->modules, address, &symbol))
		return NULL;
	return arena_strdup(context->arena, str_text(&symbol));
}

// "std::any::_Manager_internal<int>::_S_manage(...)": the class has the type as its argument.
static bool open_any(const struct eval_context *context, const struct value *value, const struct library_type *library, struct object *object)
{
	struct value storage = *value;
	uint64_t manager, address;
	if (!library_number(context, value, library->paths[1], &manager) || !library_enter(context, &storage, library->paths[0]))
		return false;
	if (!manager)
		return has_words(object, "empty");
	const char *symbol = symbol_at(context, manager);
	const char *end = symbol ? strstr(symbol, ">::_S_manage") : NULL;
	if (!end)
		return false;
	const char *name = arena_strndup(context->arena, symbol, (size_t)(end + 1 - symbol));
	const struct type *class = modules_find_type(context->modules, name, context->pc);
	const struct type *type = class ? library_argument(context, class, 0) : NULL;
	if (!type || !place_address(&storage.location, &address))
		return false;
	if (strstr(name, "_Manager_external") && !library_number(context, &storage, "_M_ptr", &address))
		return false;
	struct value content = value_at(context, type, address);
	return has_content(object, &content);
}

// "std::_Function_handler<int (int), main::{lambda(int)#1}>::_M_invoke(...)": what is called stands behind the signature.
static const char *called(const struct eval_context *context, const char *symbol)
{
	static const char beginning[] = "std::_Function_handler<";
	const char *end = symbol ? strstr(symbol, ">::_M_invoke") : NULL;
	if (!end || !str_starts(symbol, beginning))
		return NULL;
	unsigned depth = 0;
	const char *at = symbol + sizeof(beginning) - 1;
	for (; at < end && (depth || *at != ','); at++)
		depth += strchr("<({[", *at) ? 1u : strchr(">)}]", *at) && depth ? -1u : 0u;
	while (at < end && (*at == ',' || *at == ' '))
		at++;
	while (end > at && end[-1] == ' ')
		end--;
	return arena_strndup(context->arena, at, (size_t)(end - at));
}

static bool open_function(const struct eval_context *context, const struct value *value, const struct library_type *library, struct object *object)
{
	uint64_t invoker, manager, address;
	if (!library_number(context, value, library->paths[1], &manager) || !library_number(context, value, library->paths[0], &invoker))
		return false;
	if (!manager)
		return has_words(object, "empty");
	const char *name = called(context, symbol_at(context, invoker));
	if (!name)
		return false;
	if (!strstr(name, "(*)") || strchr(name, '{') || strchr(name, '<') ||
	    !library_number(context, value, "_M_functor._M_unused._M_function_pointer", &address))
		return has_words(object, name);
	set_pointer(context, object, type_function_returning(builtin_type(BUILTIN_VOID)), address);
	return true;
}

// ---- Times -------------------------------------------------------------------------------------------------------

static void ratio_of(const struct eval_context *context, const struct type *duration, uint64_t *numerator_ret, uint64_t *denominator_ret)
{
	const struct type *ratio = library_argument(context, duration, 1);
	const char *name = ratio ? eval_strip(ratio)->name : NULL;
	unsigned long long numerator = 1;
	unsigned long long denominator = 1;
	if (name && str_starts(name, "std::ratio<"))
		sscanf(name, "std::ratio<%llu%*[^0-9]%llu", &numerator, &denominator);
	*numerator_ret = numerator ? numerator : 1;
	*denominator_ret = denominator ? denominator : 1;
}

static const char *unit_of(const struct eval_context *context, uint64_t numerator, uint64_t denominator)
{
	static const struct {
		uint64_t numerator, denominator;
		const char *name;
	} units[] = { { 1, 1000000000, "ns" }, { 1, 1000000, "us" }, { 1, 1000, "ms" }, { 1, 1, "s" }, { 60, 1, "min" }, { 3600, 1, "h" },
		      { 86400, 1, "d" } };
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (units[i].numerator == numerator && units[i].denominator == denominator)
			return units[i].name;
	if (denominator == 1)
		return arena_printf(context->arena, "x %llu s", (unsigned long long)numerator);
	return arena_printf(context->arena, "x %llu/%llu s", (unsigned long long)numerator, (unsigned long long)denominator);
}

static bool open_duration(const struct eval_context *context, const struct value *value, const struct library_type *library, struct object *object)
{
	struct value count = *value;
	uint64_t numerator, denominator;
	if (!library_enter(context, &count, library->paths[0]))
		return false;
	ratio_of(context, value->type, &numerator, &denominator);
	object->unit = unit_of(context, numerator, denominator);
	return has_content(object, &count);
}

// The system's clock counts from 1970.
static const char *date_of(const struct eval_context *context, const struct type *duration, struct value count)
{
	uint64_t numerator, denominator;
	int64_t ticks;
	_cleanup_error_ struct error *error = value_as_integer(context, &count, &ticks);
	ratio_of(context, duration, &numerator, &denominator);
	if (error || numerator > 1000000 || ticks > INT64_MAX / (int64_t)numerator || ticks < 0)
		return NULL;
	uint64_t scaled = (uint64_t)ticks * numerator;
	time_t seconds = (time_t)(scaled / denominator);
	struct tm parts;
	char text[64];
	if (!gmtime_r(&seconds, &parts) || !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts))
		return NULL;
	uint64_t nanoseconds = (uint64_t)((unsigned __int128)(scaled % denominator) * 1000000000 / denominator);
	if (!nanoseconds)
		return arena_printf(context->arena, "(%s UTC)", text);
	return arena_printf(context->arena, "(%s.%09llu UTC)", text, (unsigned long long)nanoseconds);
}

static bool open_time_point(const struct eval_context *context, const struct value *value, const struct library_type *library, struct object *object)
{
	struct value duration = *value;
	if (!library_enter(context, &duration, library->paths[0]))
		return false;
	const struct library_type *inner = library_type_of(duration.type);
	if (!inner || inner->shape != SHAPE_DURATION || !open_duration(context, &duration, inner, object))
		return false;
	if (strstr(eval_strip(value->type)->name, "system_clock"))
		object->note = date_of(context, eval_strip(duration.type), object->content);
	return true;
}

// ---- Pointers ----------------------------------------------------------------------------------------------------

static bool open_pointer(const struct eval_context *context, const struct value *value, const struct library_type *library, struct object *object)
{
	const struct type *target;
	uint64_t address;
	if (!library_pointer(context, value, library->paths[0], &address, &target))
		return false;
	set_pointer(context, object, target, address);
	object->content = value_at(context, target, address);
	object->has_content = address && eval_strip(target)->kind != TYPE_VOID;
	return true;
}

static bool open_shared(const struct eval_context *context, const struct value *value, const struct library_type *library, struct object *object)
{
	struct value counts = *value;
	uint64_t use, weak, address;
	if (!open_pointer(context, value, library, object) || !library_enter(context, &counts, library->paths[1]))
		return false;
	_cleanup_error_ struct error *error = value_as_integer(context, &counts, (int64_t *)&address);
	if (error || !address)
		return !error;
	error = value_dereference(context, &counts, &counts);
	if (error || !library_number(context, &counts, "_M_use_count", &use) || !library_number(context, &counts, "_M_weak_count", &weak))
		return true;
	use = (uint32_t)use;
	weak = (uint32_t)weak - (use != 0);   // all the users together count as one
	object->note = use ? arena_printf(context->arena, "(use count %llu, weak count %llu)", (unsigned long long)use, (unsigned long long)weak)
			   : arena_printf(context->arena, "(expired, weak count %llu)", (unsigned long long)weak);
	object->has_content &= use != 0;
	return true;
}

static bool open_iterator(const struct eval_context *context, const struct value *value, const struct library_type *library, struct object *object)
{
	const struct type *target;
	uint64_t address;
	if (!library_pointer(context, value, library->paths[0], &address, &target))
		return false;
	if (library->offset) {
		target = library_argument(context, value->type, 0);
		if (!target)
			return false;
		address += address ? library_aligned(library->offset, target) : 0;
	}
	set_pointer(context, object, target, address);
	object->content = value_at(context, target, address);
	object->has_content = address != 0;
	object->is_address_shown = !type_as_character(target);   // its text is shown with the address
	return true;
}

static bool open_bit(const struct eval_context *context, const struct value *value, struct object *object)
{
	uint64_t address, bit;
	if (!library_number(context, value, "_M_p", &address) || !library_number(context, value, "_M_offset", &bit) || bit > 64)
		return false;
	struct value content = value_at(context, builtin_type(BUILTIN_BOOL), address + bit / 8);
	content.bit_offset = (uint32_t)(bit % 8);
	content.bit_size = 1;
	return has_content(object, &content);
}

// ---- Rust's counted pointers -------------------------------------------------------------------------------------

// RcInner<str> and RcInner<[T]> tell of one element; the fat pointer tells how many there are.
static void unsize(const struct eval_context *context, const struct value *fat, const char *name, struct value *content)
{
	uint64_t length, address;
	bool is_str = strstr(name, "Rc<str,") || strstr(name, "Arc<str,") || strstr(name, "Weak<str,");
	if (!library_number(context, fat, "length", &length) || length > VALUE_READ_LIMIT || !place_address(&content->location, &address))
		return;
	*content = value_at(context, type_array_of(is_str ? builtin_type(BUILTIN_CHAR) : content->type, length), address);
}

static bool open_rc(const struct eval_context *context, const struct value *value, const struct library_type *library, struct object *object)
{
	struct value fat = *value;
	const struct type *inner_type;
	uint64_t address, strong, weak;
	if (!library_enter(context, &fat, library->paths[0]) ||
	    (!library_pointer(context, value, library->paths[0], &address, &inner_type) &&
	     !library_pointer(context, &fat, "data_ptr", &address, &inner_type)))
		return false;
	struct value inner = value_at(context, inner_type, address);
	struct value content = inner;
	char *weak_path = arena_printf(context->arena, "weak%s", strchr(library->paths[1], '.'));
	if (!type_is_class(inner_type) || !library_number(context, &inner, library->paths[1], &strong) ||
	    !library_number(context, &inner, weak_path, &weak) || !library_enter(context, &content, "value|data"))
		return false;
	if (!strong)
		return has_words(object, "(dropped)");
	if (type_is_class(fat.type))
		unsize(context, &fat, eval_strip(value->type)->name, &content);
	object->note = arena_printf(context->arena, "(strong %llu, weak %llu)", (unsigned long long)strong, (unsigned long long)weak - 1);
	return has_content(object, &content);
}

// ---- All of them -------------------------------------------------------------------------------------------------

bool value_as_object(const struct eval_context *context, const struct value *value, struct object *object_ret)
{
	const struct library_type *library = library_type_of(value->type);
	if (!library)
		return false;
	*object_ret = (struct object){ 0 };
	switch ((unsigned)library->shape) {
	case SHAPE_WRAPPER: return open_wrapper(context, value, library, object_ret);
	case SHAPE_OPTIONAL: return open_optional(context, value, library, object_ret);
	case SHAPE_VARIANT: return open_variant(context, value, library, object_ret);
	case SHAPE_ANY: return open_any(context, value, library, object_ret);
	case SHAPE_FUNCTION: return open_function(context, value, library, object_ret);
	case SHAPE_DURATION: return open_duration(context, value, library, object_ret);
	case SHAPE_TIME_POINT: return open_time_point(context, value, library, object_ret);
	case SHAPE_UNIQUE:
	case SHAPE_POINTER: return open_pointer(context, value, library, object_ret);
	case SHAPE_SHARED: return open_shared(context, value, library, object_ret);
	case SHAPE_ITERATOR: return open_iterator(context, value, library, object_ret);
	case SHAPE_BIT_ITERATOR: return open_bit(context, value, object_ret);
	case SHAPE_RC: return open_rc(context, value, library, object_ret);
	default: return false;
	}
}

bool value_as_content(const struct eval_context *context, const struct value *value, struct value *content_ret)
{
	struct object object;
	if (!value_as_object(context, value, &object) || !object.has_content)
		return false;
	*content_ret = object.content;
	return true;
}

bool value_as_wrapped(const struct eval_context *context, const struct value *value, struct value *content_ret)
{
	const struct library_type *library = library_type_of(value->type);
	bool is_wrapper = library && (library->shape == SHAPE_WRAPPER || library->shape == SHAPE_DURATION || library->shape == SHAPE_TIME_POINT ||
				      library->shape == SHAPE_BIT_ITERATOR || library->shape == SHAPE_OPTIONAL);
	return is_wrapper && value_as_content(context, value, content_ret);
}
