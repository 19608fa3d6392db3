// The made-up program of the tests and the fuzzer: objects, their types, names.
#pragma once

#include "tests/unit/eval/fake.h"

enum color { RED = 1, GREEN = 2, BLUE = 4 };
struct point {
	int x, y;
};
struct bits {
	unsigned a : 3;
	int b : 5;
	unsigned c : 20;
	unsigned char d;
};
struct node {
	int value;
	struct node *next;
	char name[8];
	struct point where;
	enum color color;
	bool is_set;
	double ratio;
	struct point *spot;
	union {
		int whole;
		unsigned char parts[4];
	};
	int (*callback)(int);
	int grid[2][3];
};
struct base {
	int inherited;
	int shadowed;
};
struct derived {
	struct base base;
	int own;
	int shadowed;
};
// Option<i32>: discriminant, then the payload of Some.
struct option {
	uint32_t tag;
	int32_t some;
};
struct str_slice {
	const char *data_ptr;
	uint64_t length;
};

static struct node world_node;
static struct node world_tail;
static struct bits world_bits;
static struct derived world_derived;
static struct derived *world_this = &world_derived;
static struct option world_option;
static struct str_slice world_slice;
static struct point world_point;
static int world_i, world_array[10], world_shadowed_outer, world_shadowed_inner, world_shadowed_global;
static const char *world_text;
static char world_text_bytes[] = "hello";
static char world_function_code[4];
static void *world_void = &world_i;
static struct node *world_pointer = &world_node;
static unsigned world_unknown = 77;
static float world_float;
static long double world_long_double;
static unsigned __int128 world_wide;
static uint16_t world_utf16[] = { 'h', 0xe9, 0xd83d, 0xde00, 0 };

#define INTEGER_TYPE(name_, size_, signed_) { .kind = TYPE_INTEGER, .name = name_, .size = size_, .is_signed = signed_ }
static const struct type int_type = INTEGER_TYPE("int", 4, true), uint_type = INTEGER_TYPE("unsigned int", 4, false),
			 u64_type = INTEGER_TYPE("u64", 8, false), wide_type = INTEGER_TYPE("unsigned __int128", 16, false);
static const struct type char_type = { .kind = TYPE_CHAR, .name = "char", .size = 1, .is_signed = true };
static const struct type uchar_type = { .kind = TYPE_CHAR, .name = "unsigned char", .size = 1 };
static const struct type char16_type = { .kind = TYPE_CHAR, .name = "char16_t", .size = 2 };
static const struct type bool_type = { .kind = TYPE_BOOL, .name = "bool", .size = 1 };
static const struct type float_type = { .kind = TYPE_FLOAT, .name = "float", .size = 4 };
static const struct type double_type = { .kind = TYPE_FLOAT, .name = "double", .size = 8 };
static const struct type long_double_type = { .kind = TYPE_FLOAT, .name = "long double", .size = 16 };
static const struct type color_type = { .kind = TYPE_ENUM, .name = "color", .size = 4 };
static const struct type point_type = { .kind = TYPE_STRUCT, .name = "point", .size = sizeof(struct point) };
static const struct type bits_type = { .kind = TYPE_STRUCT, .name = "bits", .size = sizeof(struct bits) };
static const struct type node_type = { .kind = TYPE_STRUCT, .name = "node", .size = sizeof(struct node) };
static const struct type base_type = { .kind = TYPE_CLASS, .language = LANGUAGE_CPP, .name = "ns::base", .size = sizeof(struct base) };
static const struct type derived_type = { .kind = TYPE_CLASS, .language = LANGUAGE_CPP, .name = "vec<int>", .size = sizeof(struct derived) };
static const struct type number_union = { .kind = TYPE_UNION, .size = 4 };
static const struct type option_type = { .kind = TYPE_STRUCT, .language = LANGUAGE_RUST, .name = "core::option::Option<i32>", .size = 8 };
static const struct type some_type = { .kind = TYPE_STRUCT, .language = LANGUAGE_RUST, .name = "core::option::Option<i32>::Some", .size = 8 };
static const struct type none_type = { .kind = TYPE_STRUCT, .language = LANGUAGE_RUST, .name = "core::option::Option<i32>::None", .size = 8 };
static const struct type slice_type = { .kind = TYPE_STRUCT, .language = LANGUAGE_RUST, .name = "&str", .size = 16 };
static const struct type rust_point_type = { .kind = TYPE_STRUCT, .language = LANGUAGE_RUST, .name = "demo::Point", .size = 8 };
static const struct type function_type = { .kind = TYPE_FUNCTION, .target = &int_type };
static const struct type pointer_to_function = { .kind = TYPE_POINTER, .size = 8, .target = &function_type };
static const struct type pointer_to_node = { .kind = TYPE_POINTER, .size = 8, .target = &node_type };
static const struct type pointer_to_point = { .kind = TYPE_POINTER, .size = 8, .target = &point_type };
static const struct type pointer_to_char = { .kind = TYPE_POINTER, .size = 8, .target = &char_type };
static const struct type pointer_to_derived = { .kind = TYPE_POINTER, .size = 8, .target = &derived_type };
static const struct type pointer_to_void = { .kind = TYPE_POINTER, .size = 8 };
static const struct type reference_to_int = { .kind = TYPE_REFERENCE, .size = 8, .target = &int_type };
static const struct type number_type = { .kind = TYPE_TYPEDEF, .name = "number", .target = &int_type };
#define ARRAY_TYPE(target_, count_, size_) { .kind = TYPE_ARRAY, .size = size_, .target = target_, .has_count = true, .count = count_ }
static const struct type name_type = ARRAY_TYPE(&char_type, 8, 8), parts_type = ARRAY_TYPE(&uchar_type, 4, 4),
			 row_type = ARRAY_TYPE(&int_type, 3, 12), grid_type = ARRAY_TYPE(&row_type, 2, 24),
			 ten_type = ARRAY_TYPE(&int_type, 10, 40), utf16_type = ARRAY_TYPE(&char16_type, 5, 10);

static const struct type_member point_members[] = { { .name = "x", .type = &int_type, .offset = 0 }, { .name = "y", .type = &int_type, .offset = 4 } };
static const struct type_member bits_members[] = {
	{ .name = "a", .type = &uint_type, .offset = 0, .bit_offset = 0, .bit_size = 3 },
	{ .name = "b", .type = &int_type, .offset = 0, .bit_offset = 3, .bit_size = 5 },
	{ .name = "c", .type = &uint_type, .offset = 0, .bit_offset = 8, .bit_size = 20 },
	{ .name = "d", .type = &uchar_type, .offset = 4 },
};
static const struct type_member union_members[] = { { .name = "whole", .type = &int_type, .offset = 0 }, { .name = "parts", .type = &parts_type, .offset = 0 } };
static const struct type_member node_members[] = {
	{ .name = "value", .type = &int_type, .offset = offsetof(struct node, value) }, { .name = "next", .type = &pointer_to_node, .offset = offsetof(struct node, next) },
	{ .name = "name", .type = &name_type, .offset = offsetof(struct node, name) }, { .name = "where", .type = &point_type, .offset = offsetof(struct node, where) },
	{ .name = "color", .type = &color_type, .offset = offsetof(struct node, color) }, { .name = "is_set", .type = &bool_type, .offset = offsetof(struct node, is_set) },
	{ .name = "ratio", .type = &double_type, .offset = offsetof(struct node, ratio) }, { .name = "spot", .type = &pointer_to_point, .offset = offsetof(struct node, spot) },
	{ .name = NULL, .type = &number_union, .offset = offsetof(struct node, whole) }, { .name = "callback", .type = &pointer_to_function, .offset = offsetof(struct node, callback) },
	{ .name = "grid", .type = &grid_type, .offset = offsetof(struct node, grid) },
};
static const struct type_member base_members[] = { { .name = "inherited", .type = &int_type, .offset = 0 }, { .name = "shadowed", .type = &int_type, .offset = 4 } };
static const struct type_member derived_members[] = {
	{ .name = NULL, .type = &base_type, .offset = 0, .is_base = true },
	{ .name = "own", .type = &int_type, .offset = offsetof(struct derived, own) },
	{ .name = "shadowed", .type = &int_type, .offset = offsetof(struct derived, shadowed) },
	{ .name = "count", .type = &int_type, .is_static = true },
};
static const struct type_member option_tag = { .name = NULL, .type = &uint_type, .offset = 0 };
static const struct type_member option_members[] = {
	{ .name = "None", .type = &none_type, .offset = 0, .has_discriminant = true, .discriminant = 0 },
	{ .name = "Some", .type = &some_type, .offset = 0, .has_discriminant = true, .discriminant = 1 },
};
static const struct type_member some_members[] = { { .name = "__0", .type = &int_type, .offset = 4 } };
static const struct type_member slice_members[] = { { .name = "data_ptr", .type = &pointer_to_char, .offset = 0 }, { .name = "length", .type = &u64_type, .offset = 8 } };
static const struct type_enumerator color_names[] = { { "RED", 1 }, { "GREEN", 2 }, { "BLUE", 4 } };
static const struct type *const world_types[] = { &point_type, &node_type, &bits_type, &base_type, &derived_type, &number_type, &color_type };

#define LOCAL(name_, type_, object_) { { .name = name_, .qualified_name = name_, .type = type_, .kind = VARIABLE_LOCAL }, object_, NULL, 0 }
static int *world_reference = &world_i;
static const struct location_piece world_register_piece[] = { { .kind = LOCATION_REGISTER, .dwarf_register = 3 } };
static struct location_piece world_split[] = { { .kind = LOCATION_REGISTER, .dwarf_register = 3, .bit_size = 32 },
					       { .kind = LOCATION_MEMORY, .bit_size = 32 } };
static const uint8_t world_constant[] = { 9, 0, 0, 0 };
static const struct location_piece world_constant_piece[] = { { .kind = LOCATION_BYTES, .bytes = world_constant } };
static struct fake_variable world_locals[] = {
	LOCAL("this", &pointer_to_derived, &world_this), LOCAL("i", &int_type, &world_i), LOCAL("a", &ten_type, world_array),
	LOCAL("n", &node_type, &world_node), LOCAL("p", &pointer_to_node, &world_pointer), LOCAL("bits", &bits_type, &world_bits),
	LOCAL("d", &derived_type, &world_derived), LOCAL("option", &option_type, &world_option),
	LOCAL("slice", &slice_type, &world_slice), LOCAL("rust_point", &rust_point_type, &world_point),
	LOCAL("text", &pointer_to_char, &world_text), LOCAL("raw", &pointer_to_void, &world_void),
	LOCAL("ref", &reference_to_int, &world_reference), LOCAL("gone", &int_type, NULL), LOCAL("f", &float_type, &world_float),
	LOCAL("ld", &long_double_type, &world_long_double), LOCAL("wide", &wide_type, &world_wide),
	LOCAL("utf16", &utf16_type, world_utf16), LOCAL("shadow", &int_type, &world_shadowed_outer),
	{ { .name = "shadow", .qualified_name = "shadow", .type = &int_type, .kind = VARIABLE_LOCAL, .depth = 1 }, &world_shadowed_inner, NULL, 0 },
	{ { .name = "in_register", .qualified_name = "in_register", .type = &int_type, .kind = VARIABLE_LOCAL }, NULL, world_register_piece, 1 },
	{ { .name = "split", .qualified_name = "split", .type = &point_type, .kind = VARIABLE_LOCAL }, NULL, world_split, 2 },
	{ { .name = "fixed", .qualified_name = "fixed", .type = &int_type, .kind = VARIABLE_LOCAL }, NULL, world_constant_piece, 1 },
};
static struct fake_variable world_globals[] = {
	LOCAL("shadow", &int_type, &world_shadowed_global), LOCAL("ns::g", &int_type, &world_i), LOCAL("file.c::g", &int_type, &world_array[3]),
	LOCAL("vec<int>::count", &int_type, &world_array[4]),
};
static const struct function world_function = { .name = "main", .language = LANGUAGE_C };

#define FAKE_MEMBERS(type_, members_) \
	(fake_members[fake_members_count++] = (struct fake_members){ .type = &type_, .members = members_, .count = ARRAY_SIZE(members_) })

static void world_map(void)
{
	void *objects[] = { &world_node, &world_tail, &world_bits, &world_derived, &world_option, &world_slice, &world_point, world_array };
	size_t sizes[] = { sizeof(world_node), sizeof(world_tail), sizeof(world_bits), sizeof(world_derived), sizeof(world_option),
			   sizeof(world_slice), sizeof(world_point), sizeof(world_array) };
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
		fake_map(objects[i], sizes[i]);
}
static struct fake_region world_small[] = {
	{ (uint8_t *)&world_i, sizeof(world_i) }, { (uint8_t *)&world_shadowed_outer, 4 }, { (uint8_t *)&world_shadowed_inner, 4 },
	{ (uint8_t *)&world_shadowed_global, 4 }, { (uint8_t *)&world_text, 8 }, { (uint8_t *)world_text_bytes, sizeof(world_text_bytes) },
	{ (uint8_t *)&world_void, 8 }, { (uint8_t *)&world_pointer, 8 }, { (uint8_t *)&world_unknown, 4 }, { (uint8_t *)&world_this, 8 },
	{ (uint8_t *)&world_reference, 8 }, { (uint8_t *)&world_float, 4 }, { (uint8_t *)&world_long_double, 16 },
	{ (uint8_t *)&world_wide, 16 }, { (uint8_t *)world_utf16, sizeof(world_utf16) },
};

static void world_types_begin(void)
{
	fake_members_count = 0;
	FAKE_MEMBERS(point_type, point_members);
	FAKE_MEMBERS(rust_point_type, point_members);
	FAKE_MEMBERS(bits_type, bits_members);
	FAKE_MEMBERS(node_type, node_members);
	FAKE_MEMBERS(number_union, union_members);
	FAKE_MEMBERS(base_type, base_members);
	FAKE_MEMBERS(derived_type, derived_members);
	FAKE_MEMBERS(option_type, option_members);
	fake_entry(&option_type)->discriminant = &option_tag;
	FAKE_MEMBERS(some_type, some_members);
	FAKE_MEMBERS(slice_type, slice_members);
	fake_members[fake_members_count++] = (struct fake_members){ .type = &color_type, .enumerators = color_names, .enumerator_count = 3 };
}

static void world_objects_begin(void)
{
	world_tail = (struct node){ .value = 8, .name = "tail" };
	world_node = (struct node){ .value = 7, .next = &world_tail, .name = "head", .where = { 3, -4 }, .color = GREEN, .is_set = true,
				    .ratio = 0.1, .spot = &world_point, .whole = 0x41424344, .grid = { { 1, 2, 3 }, { 4, 5, 6 } } };
	world_node.callback = (int (*)(int))(uintptr_t)world_function_code;
	world_bits = (struct bits){ .a = 5, .b = -3, .c = 0xabcde, .d = 'A' };
	world_derived = (struct derived){ { 11, 12 }, 13, 14 };
	world_option = (struct option){ 1, 3 };
	world_slice = (struct str_slice){ world_text_bytes, 3 };
	world_point = (struct point){ 1, 2 };
	for (int i = 0; i < 10; i++)
		world_array[i] = i * 10;
	world_i = 42;
	world_shadowed_outer = 1;
	world_shadowed_inner = 2;
	world_shadowed_global = 3;
	world_text = world_text_bytes;
	world_float = 0.1f;
	world_long_double = 1.5L;
	world_wide = ((unsigned __int128)1 << 100) + 5;
	world_this = &world_derived;
	world_pointer = &world_node;
	world_reference = &world_i;
	world_split[1].address = (uint64_t)(uintptr_t)&world_array[2];
}

static struct eval_context world_begin(void)
{
	world_types_begin();
	world_objects_begin();
	fake_region_count = 0;
	world_map();
	memset(fake_registers, 0, sizeof(fake_registers));
	fake_modules = (struct modules){ .globals = world_globals, .global_count = ARRAY_SIZE(world_globals), .types = world_types,
					 .type_count = ARRAY_SIZE(world_types), .locals = world_locals,
					 .local_count = ARRAY_SIZE(world_locals), .function_entry = (uint64_t)(uintptr_t)world_function_code,
					 .function_type = &function_type };
	fake_modules.symbols[fake_modules.symbol_count++] =
		(struct symbol){ .name = "elf_only", .address = (uint64_t)(uintptr_t)&world_unknown, .size = 4, .is_data = true };
	for (size_t i = 0; i < ARRAY_SIZE(world_small); i++)
		fake_map(world_small[i].start, world_small[i].size);
	return fake_context(&world_function);
}
