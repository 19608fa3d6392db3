// Types that need no debug information, and questions about types that only evaluation asks.
#include "engine/eval/private.h"

// clang-format off
#define SIGNED(name_, size_) { .kind = TYPE_INTEGER, .name = name_, .size = size_, .is_signed = true }
#define UNSIGNED(name_, size_) { .kind = TYPE_INTEGER, .name = name_, .size = size_ }
#define CHARACTER(name_, size_, signed_) { .kind = TYPE_CHAR, .name = name_, .size = size_, .is_signed = signed_ }
#define REAL(name_, size_) { .kind = TYPE_FLOAT, .name = name_, .size = size_ }
const struct type builtin_types[BUILTIN_COUNT] = {
	[BUILTIN_VOID] = { .kind = TYPE_VOID, .name = "void" },
	[BUILTIN_BOOL] = { .kind = TYPE_BOOL, .name = "bool", .size = 1 },
	[BUILTIN_CHAR] = CHARACTER("char", 1, true),
	[BUILTIN_SIGNED_CHAR] = CHARACTER("signed char", 1, true),
	[BUILTIN_UNSIGNED_CHAR] = CHARACTER("unsigned char", 1, false),
	[BUILTIN_SHORT] = SIGNED("short", 2),
	[BUILTIN_UNSIGNED_SHORT] = UNSIGNED("unsigned short", 2),
	[BUILTIN_INT] = SIGNED("int", 4),
	[BUILTIN_UNSIGNED_INT] = UNSIGNED("unsigned int", 4),
	[BUILTIN_LONG] = SIGNED("long", 8),
	[BUILTIN_UNSIGNED_LONG] = UNSIGNED("unsigned long", 8),
	[BUILTIN_LONG_LONG] = SIGNED("long long", 8),
	[BUILTIN_UNSIGNED_LONG_LONG] = UNSIGNED("unsigned long long", 8),
	[BUILTIN_INT128] = SIGNED("__int128", 16),
	[BUILTIN_UNSIGNED_INT128] = UNSIGNED("unsigned __int128", 16),
	[BUILTIN_FLOAT] = REAL("float", 4),
	[BUILTIN_DOUBLE] = REAL("double", 8),
	[BUILTIN_LONG_DOUBLE] = REAL("long double", 16),
	[BUILTIN_WCHAR] = CHARACTER("wchar_t", 4, true),
	[BUILTIN_CHAR8] = CHARACTER("char8_t", 1, false),
	[BUILTIN_CHAR16] = CHARACTER("char16_t", 2, false),
	[BUILTIN_CHAR32] = CHARACTER("char32_t", 4, false),
	[BUILTIN_INT8] = SIGNED("int8_t", 1),
	[BUILTIN_UINT8] = UNSIGNED("uint8_t", 1),
	[BUILTIN_FLOAT16] = REAL("_Float16", 2),
	[BUILTIN_FLOAT128] = { .kind = TYPE_FLOAT, .name = "_Float128", .size = 16, .is_float128 = true },
};
// clang-format on

struct named_builtin {
	const char *name;
	enum builtin builtin;
};

static const struct named_builtin named_builtins[] = {
	{ "int8_t", BUILTIN_INT8 },         { "uint8_t", BUILTIN_UINT8 },         { "int16_t", BUILTIN_SHORT },
	{ "uint16_t", BUILTIN_UNSIGNED_SHORT }, { "int32_t", BUILTIN_INT },       { "uint32_t", BUILTIN_UNSIGNED_INT },
	{ "int64_t", BUILTIN_LONG },        { "uint64_t", BUILTIN_UNSIGNED_LONG }, { "size_t", BUILTIN_UNSIGNED_LONG },
	{ "ssize_t", BUILTIN_LONG },        { "intptr_t", BUILTIN_LONG },         { "uintptr_t", BUILTIN_UNSIGNED_LONG },
	{ "ptrdiff_t", BUILTIN_LONG },      { "wchar_t", BUILTIN_WCHAR },         { "char8_t", BUILTIN_CHAR8 },
	{ "char16_t", BUILTIN_CHAR16 },     { "char32_t", BUILTIN_CHAR32 },       { "i8", BUILTIN_INT8 },
	{ "u8", BUILTIN_UINT8 },            { "i16", BUILTIN_SHORT },             { "u16", BUILTIN_UNSIGNED_SHORT },
	{ "i32", BUILTIN_INT },             { "u32", BUILTIN_UNSIGNED_INT },      { "i64", BUILTIN_LONG },
	{ "u64", BUILTIN_UNSIGNED_LONG },   { "i128", BUILTIN_INT128 },           { "u128", BUILTIN_UNSIGNED_INT128 },
	{ "isize", BUILTIN_LONG },          { "usize", BUILTIN_UNSIGNED_LONG },   { "f32", BUILTIN_FLOAT },
	{ "f64", BUILTIN_DOUBLE },
};

const struct type *builtin_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(named_builtins); i++)
		if (str_equal(named_builtins[i].name, name))
			return builtin_type(named_builtins[i].builtin);
	return NULL;
}

const struct type *builtin_integer(uint64_t size, bool is_signed)
{
	switch (size) {
	case 1: return builtin_type(is_signed ? BUILTIN_INT8 : BUILTIN_UINT8);
	case 2: return builtin_type(is_signed ? BUILTIN_SHORT : BUILTIN_UNSIGNED_SHORT);
	case 4: return builtin_type(is_signed ? BUILTIN_INT : BUILTIN_UNSIGNED_INT);
	case 16: return builtin_type(is_signed ? BUILTIN_INT128 : BUILTIN_UNSIGNED_INT128);
	default: return builtin_type(is_signed ? BUILTIN_LONG : BUILTIN_UNSIGNED_LONG);
	}
}

#define UNDEBUGGED_NAME "<data variable, no debug info>"
static const struct type undebugged_types[] = {
	{ .kind = TYPE_UNSPECIFIED, .name = UNDEBUGGED_NAME },
	{ .kind = TYPE_INTEGER, .name = UNDEBUGGED_NAME, .size = 4, .is_signed = true },
	{ .kind = TYPE_INTEGER, .name = UNDEBUGGED_NAME, .size = 8, .is_signed = true },
};

const struct type *undebugged_type(uint64_t size)
{
	return &undebugged_types[size == 4 ? 1 : size == 8 ? 2 : 0];
}

bool type_is_undebugged(const struct type *type)
{
	return type >= undebugged_types && type < undebugged_types + ARRAY_SIZE(undebugged_types);
}

static const struct type vector_register_types[] = {
	{ .kind = TYPE_UNSPECIFIED, .name = "vec64", .size = 8 },
	{ .kind = TYPE_UNSPECIFIED, .name = "vec128", .size = 16 },
	{ .kind = TYPE_UNSPECIFIED, .name = "vec256", .size = 32 },
	{ .kind = TYPE_UNSPECIFIED, .name = "vec512", .size = 64 },
};

const struct type *vector_register_type(unsigned size)
{
	for (size_t i = 0; i < ARRAY_SIZE(vector_register_types); i++)
		if (vector_register_types[i].size == size)
			return &vector_register_types[i];
	return NULL;
}

bool type_is_vector_register(const struct type *type)
{
	return type >= vector_register_types && type < vector_register_types + ARRAY_SIZE(vector_register_types);
}

const struct type *eval_strip(const struct type *type)
{
	if (!type)
		return builtin_type(BUILTIN_VOID);
	type = type_strip(type);
	if (type->is_declaration)
		type = type_strip(type_resolve(type));
	return type;
}

uint64_t eval_size_of(const struct type *type)
{
	uint64_t factor = 1;
	type = eval_strip(type);
	for (unsigned rank = 0; type->kind == TYPE_ARRAY && !type->size && rank < 32; rank++) {
		if (!type->has_count || __builtin_mul_overflow(factor, type->count, &factor))
			return 0;
		type = eval_strip(type->target);
	}
	if (type->kind == TYPE_REFERENCE && !type->size)
		return 8;
	return __builtin_mul_overflow(factor, type->size, &factor) ? 0 : factor;
}

const struct type *eval_target(const struct type *type)
{
	const struct type *target = eval_strip(type)->target;
	return target ? target : builtin_type(BUILTIN_VOID);
}

bool eval_is_signed(const struct type *type)
{
	return type->is_signed && (type->kind == TYPE_INTEGER || type->kind == TYPE_CHAR || type->kind == TYPE_ENUM);
}

bool type_is_character(const struct type *type)
{
	type = eval_strip(type);
	return type->kind == TYPE_CHAR;
}

// C has no wchar_t of its own: a typedef of an integer says it.
const struct type *type_as_character(const struct type *type)
{
	static const struct {
		const char *name;
		enum builtin builtin;
	} named[] = { { "wchar_t", BUILTIN_WCHAR }, { "char16_t", BUILTIN_CHAR16 }, { "char32_t", BUILTIN_CHAR32 } };
	for (unsigned i = 0; type && i < 64; i++, type = type->target) {
		if (type->kind == TYPE_CHAR)
			return type;
		for (size_t k = 0; type->name && k < ARRAY_SIZE(named); k++)
			if (str_equal(type->name, named[k].name) && (type->kind == TYPE_TYPEDEF || type->kind == TYPE_INTEGER))
				return builtin_type(named[k].builtin);
		if (type->kind != TYPE_TYPEDEF && type->kind != TYPE_CONST && type->kind != TYPE_VOLATILE && type->kind != TYPE_ATOMIC)
			return NULL;
	}
	return NULL;
}

bool type_is_integral(const struct type *type)
{
	return type->kind == TYPE_BOOL || type->kind == TYPE_CHAR || type->kind == TYPE_INTEGER || type->kind == TYPE_ENUM;
}

bool type_is_class(const struct type *type)
{
	type = eval_strip(type);
	return type->kind == TYPE_STRUCT || type->kind == TYPE_CLASS || type->kind == TYPE_UNION;
}

bool type_is_same(const struct type *a, const struct type *b)
{
	a = eval_strip(a);
	b = eval_strip(b);
	if (a == b)
		return true;
	if (a->kind != b->kind || eval_size_of(a) != eval_size_of(b))
		return false;
	return a->name && b->name && str_equal(a->name, b->name);
}

uint64_t eval_count(const struct eval_context *context, const struct type *type)
{
	type = eval_strip(type);
	if (type->has_count)
		return type->count;
	uint64_t count = 0;
	struct error *error = context->location ? type_runtime_count(type, context->location, &count) : NULL;
	error_destroy(error);
	return error ? 0 : count;
}

bool eval_is_flexible(const struct eval_context *context, const struct type *type)
{
	uint64_t count;
	type = eval_strip(type);
	if (type->kind != TYPE_ARRAY || type->has_count)
		return type->kind == TYPE_ARRAY && !type->count && type->die_offset;   // int data[0]
	_cleanup_error_ struct error *error = context->location ? type_runtime_count(type, context->location, &count)
								: error_create(ERROR_UNAVAILABLE, "no frame");
	return error;
}

// C17 6.7.6.2: each dimension, and what pointers point to.
const struct type *eval_sized(const struct eval_context *context, const struct type *type)
{
	const struct type *stripped = eval_strip(type);
	enum type_kind kind = stripped->kind;
	if ((kind != TYPE_ARRAY && kind != TYPE_POINTER) || !stripped->target || !context->location)
		return type;
	if (kind == TYPE_POINTER && eval_strip(stripped->target)->kind != TYPE_ARRAY)
		return type;
	const struct type *target = eval_sized(context, stripped->target);
	if (kind == TYPE_POINTER)
		return target == stripped->target ? type : type_pointer_to(target);
	uint64_t count;
	if (stripped->has_count && target == stripped->target)
		return type;
	_cleanup_error_ struct error *error = type_runtime_count(stripped, context->location, &count);
	return error || stripped->is_vector || stripped->lower_bound ? type : type_array_of(target, count);
}

struct error *type_error(const struct type *type, const char *words)
{
	_cleanup_free_ char *name = type_name(type);
	return error_create(ERROR_INVALID, "%s: %s", words, name);
}
