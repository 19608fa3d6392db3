// What an object really is: its virtual table (Itanium C++ ABI, 2.5.2: offset to top, then typeinfo, lie before the address point).
#include "engine/eval/private.h"

// "vtable for app::Diamond+120" -> "app::Diamond".
static bool class_of_table(const struct eval_context *context, uint64_t table, struct str *name)
{
	static const char beginning[] = "vtable for ";
	_cleanup_str_ struct str symbol = STR_INIT;
	if (!context->modules || !modules_symbolise(context->modules, table, &symbol) || !str_starts(str_text(&symbol), beginning))
		return false;
	const char *class = str_text(&symbol) + sizeof(beginning) - 1;
	const char *plus = strrchr(class, '+');
	str_append(name, class, plus ? (size_t)(plus - class) : strlen(class));
	return true;
}

bool value_whole_object(const struct eval_context *context, uint64_t address, struct value *object_ret)
{
	uint64_t table;
	int64_t offset_to_top;
	_cleanup_str_ struct str name = STR_INIT;
	_cleanup_error_ struct error *error = memory_read(context->memory, address, &table, sizeof(table));
	if (!error)
		error = memory_read(context->memory, table - 16, &offset_to_top, sizeof(offset_to_top));
	if (error || !class_of_table(context, table, &name))
		return false;
	const struct type *type = modules_find_type(context->modules, str_text(&name), context->pc);
	if (!type || !type_is_class(type))
		return false;
	*object_ret = value_at(context, type, address + (uint64_t)offset_to_top);
	return true;
}

struct error *value_dynamic_cast(const struct eval_context *context, struct value *value, const struct type *type, struct value *cast_ret)
{
	struct number number;
	struct value object;
	uint64_t address = 0;
	struct error *error = number_of(context, value, &number);
	if (error)
		return error;
	const struct type *from = eval_strip(value->type);
	const struct type *to = eval_strip(type);
	if (from->kind != TYPE_POINTER || to->kind != TYPE_POINTER || !type_is_class(from->target))
		return value_cast(context, value, type, cast_ret);
	if (!number.bits) {
		*cast_ret = value_from_integer(context, type, 0);
		return NULL;
	}
	if (!value_whole_object(context, (uint64_t)number.bits, &object))
		return error_create(ERROR_INVALID, "there is no object with a known virtual table");
	struct value part = object;
	if (!type_is_same(object.type, to->target) && eval_strip(to->target)->kind != TYPE_VOID)
		error = value_base(context, &object, eval_strip(to->target), &part);
	if (error && !error_catch(&error, ERROR_NOT_FOUND))
		return error;
	if (place_address(&part.location, &address) && !type_is_same(part.type, to->target) && eval_strip(to->target)->kind != TYPE_VOID)
		address = 0;
	*cast_ret = value_from_integer(context, type, address);
	return NULL;
}
