#include "dap/arguments.h"

#include <math.h>
#include <string.h>

#include "base/str.h"

const char *argument_type_name(const cJSON *value)
{
	if (!value)
		return "nothing";
	switch (value->type & 0xff) {
	case cJSON_False:
	case cJSON_True: return "a boolean";
	case cJSON_NULL: return "null";
	case cJSON_Number: return "a number";
	case cJSON_String: return "a string";
	case cJSON_Array: return "an array";
	default: return "an object";
	}
}

struct error *argument_mismatch(const char *path, const char *wanted, const cJSON *value)
{
	return error_create(ERROR_INVALID, "%s: expected %s, got %s", path, wanted, argument_type_name(value));
}

static struct error *decode_integer(const cJSON *value, const char *path, int64_t *result)
{
	if (!cJSON_IsNumber(value))
		return argument_mismatch(path, "a number", value);
	double number = value->valuedouble;
	if (!(fabs(number) <= 0x1p53))
		return error_create(ERROR_INVALID, "%s: %g is out of range", path, number);
	if (number != floor(number))
		return error_create(ERROR_INVALID, "%s: expected a whole number, got %g", path, number);
	*result = (int64_t)number;
	return NULL;
}

static struct error *decode_strings(const cJSON *value, const char *path, struct arena *arena, struct argument_strings *result)
{
	if (!cJSON_IsArray(value))
		return argument_mismatch(path, "an array of strings", value);
	size_t count = (size_t)cJSON_GetArraySize(value), i = 0;
	const char **items = arena_array(arena, const char *, count + 1);
	const cJSON *item;
	cJSON_ArrayForEach(item, value) {
		if (!cJSON_IsString(item))
			return argument_mismatch(arena_printf(arena, "%s[%zu]", path, i), "a string", item);
		items[i++] = item->valuestring;
	}
	*result = (struct argument_strings){ items, count };
	return NULL;
}

static struct error *decode_objects(const cJSON *value, const char *path, const cJSON **result)
{
	if (!cJSON_IsArray(value))
		return argument_mismatch(path, "an array", value);
	const cJSON *item;
	size_t i = 0;
	cJSON_ArrayForEach(item, value) {
		if (!cJSON_IsObject(item)) {
			_cleanup_free_ char *item_path = xasprintf("%s[%zu]", path, i);
			return argument_mismatch(item_path, "an object", item);
		}
		i++;
	}
	*result = value;
	return NULL;
}

static struct error *decode_choice(const char *const *choices, const cJSON *value, const char *path, int *result)
{
	if (!cJSON_IsString(value))
		return argument_mismatch(path, "a string", value);
	_cleanup_str_ struct str known = STR_INIT;
	for (int i = 0; choices[i]; i++) {
		if (str_equal(choices[i], value->valuestring)) {
			*result = i;
			return NULL;
		}
		str_printf(&known, "%s\"%s\"", !i ? "" : choices[i + 1] ? ", " : " or ", choices[i]);
	}
	return error_create(ERROR_INVALID, "%s: expected %s, got \"%.60s\"", path, str_text(&known), value->valuestring);
}

struct error *argument_decode_value(enum argument_kind kind, const char *const *choices, const cJSON *value, const char *path,
				    struct arena *arena, void *result)
{
	switch (kind) {
	case ARGUMENT_string:
		if (!cJSON_IsString(value))
			return argument_mismatch(path, "a string", value);
		*(const char **)result = value->valuestring;
		return NULL;
	case ARGUMENT_number:
		if (!cJSON_IsNumber(value))
			return argument_mismatch(path, "a number", value);
		*(double *)result = value->valuedouble;
		return NULL;
	case ARGUMENT_boolean:
		if (!cJSON_IsBool(value))
			return argument_mismatch(path, "a boolean", value);
		*(bool *)result = cJSON_IsTrue(value);
		return NULL;
	case ARGUMENT_object:
		if (!cJSON_IsObject(value))
			return argument_mismatch(path, "an object", value);
		*(const cJSON **)result = value;
		return NULL;
	case ARGUMENT_any: *(const cJSON **)result = value; return NULL;
	case ARGUMENT_integer: return decode_integer(value, path, result);
	case ARGUMENT_strings: return decode_strings(value, path, arena, result);
	case ARGUMENT_objects: return decode_objects(value, path, result);
	case ARGUMENT_choice: return decode_choice(choices, value, path, result);
	}
	return NULL;
}

static struct error *decode_member(const struct argument *argument, const cJSON *object, const char *path, struct arena *arena,
				   char *result)
{
	const cJSON *value = object ? cJSON_GetObjectItemCaseSensitive(object, argument->name) : NULL;
	if (!value && argument->is_required)
		return error_create(ERROR_INVALID, "%s.%s is missing", path, argument->name);
	if (!value || (cJSON_IsNull(value) && !argument->is_required))
		return NULL;
	const char *member_path = arena_printf(arena, "%s.%s", path, argument->name);
	struct error *error = argument_decode_value(argument->kind, argument->choices, value, member_path, arena,
						    result + argument->offset);
	if (!error)
		*(bool *)(result + argument->has_offset) = true;
	return error;
}

struct error *arguments_decode(const struct arguments_table *table, const cJSON *object, const char *path, struct arena *arena,
			       void *result)
{
	memset(result, 0, table->size);
	if (object && !cJSON_IsObject(object))
		return argument_mismatch(path, "an object", object);
	for (size_t i = 0; i < table->count; i++) {
		struct error *error = decode_member(&table->arguments[i], object, path, arena, result);
		if (error)
			return error;
	}
	return NULL;
}
