// Types from DWARF (DWARF 5, chapter 5): one node a DIE, made when somebody asks for it.
//
// What a type refers to (target) is made with it; members, parameters and enumerators are read later (type_members.c). That is what
// ends the recursion: a legal cycle always goes through a struct's members or a function's parameters.
#include "engine/symbols/type_private.h"

#define DEPTH_LIMIT 128
#define DIMENSION_LIMIT 64
#define POINTER_SIZE 8

struct type_cache {
	struct map types;              // module_die_offset -> struct type_node
	unsigned depth;
	const void *language_unit;     // the unit whose language was asked for last
	enum language language;
};

static struct type_cache *type_cache(struct module *module)
{
	if (!module->symbols->type_cache)
		module->symbols->type_cache = xcalloc(1, sizeof(struct type_cache));
	return module->symbols->type_cache;
}

void type_cache_destroy(struct type_cache *cache)
{
	if (!cache)
		return;
	map_deinit(&cache->types);
	free(cache);
}

const struct type *type_unknown(void)
{
	return type_builtin(TYPE_UNSPECIFIED, 0, false, "<unknown type>");
}

enum language module_unit_language(struct module *module, Dwarf_Die *die)
{
	struct type_cache *cache = type_cache(module);
	if (cache->language_unit != die->cu) {
		cache->language = die_language(die);
		cache->language_unit = die->cu;
	}
	return cache->language;
}

// ---- Attributes --------------------------------------------------------------------------------------------------

bool die_unsigned(Dwarf_Die *die, unsigned name, uint64_t *value_ret)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value = 0;
	if (!dwarf_attr_integrate(die, name, &attribute) || dwarf_formudata(&attribute, &value) != 0)
		return false;
	*value_ret = value;
	return true;
}

// DW_FORM_data* carry no sign: producers use DW_FORM_sdata (or implicit_const) for negative numbers.
bool attribute_signed(Dwarf_Attribute *attribute, int64_t *value_ret)
{
	Dwarf_Word value = 0;
	Dwarf_Sword signed_value = 0;
	switch (dwarf_whatform(attribute)) {
	case DW_FORM_sdata:
	case DW_FORM_implicit_const:
		if (dwarf_formsdata(attribute, &signed_value) != 0)
			return false;
		*value_ret = signed_value;
		return true;
	case DW_FORM_data1:
	case DW_FORM_data2:
	case DW_FORM_data4:
	case DW_FORM_data8:
	case DW_FORM_udata:
		if (dwarf_formudata(attribute, &value) != 0)
			return false;
		*value_ret = (int64_t)value;
		return true;
	default:
		return false;
	}
}

bool die_signed(Dwarf_Die *die, unsigned name, int64_t *value_ret)
{
	Dwarf_Attribute attribute;
	return dwarf_attr_integrate(die, name, &attribute) && attribute_signed(&attribute, value_ret);
}

bool die_flag(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;
	bool flag = false;
	return dwarf_attr_integrate(die, name, &attribute) && dwarf_formflag(&attribute, &flag) == 0 && flag;
}

// Of this DIE alone: a definition refers to its declaration by DW_AT_specification.
bool die_is_declaration(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	bool flag = false;
	return dwarf_attr(die, DW_AT_declaration, &attribute) && dwarf_formflag(&attribute, &flag) == 0 && flag;
}

bool die_reference(Dwarf_Die *die, unsigned name, Dwarf_Die *target_ret)
{
	Dwarf_Attribute attribute;
	return dwarf_attr_integrate(die, name, &attribute) && dwarf_formref_die(&attribute, target_ret);
}

// ---- Kinds -------------------------------------------------------------------------------------------------------

static struct type_node *node_create(struct module *module, Dwarf_Die *die, enum type_kind kind)
{
	struct type_node *node = arena_new(module->symbols->arena, struct type_node);
	node->type.kind = kind;
	node->type.language = module_unit_language(module, die);
	node->type.module = module;
	die_unsigned(die, DW_AT_byte_size, &node->type.size);
	return node;
}

// In C a name has no scope; elsewhere namespaces and classes belong to it.
static const char *scoped_name(struct module *module, Dwarf_Die *die, enum language language)
{
	return language == LANGUAGE_C || !die_name(die) ? die_name(die) : die_qualified_name(module, die);
}

static void fill_complex(struct type *type)
{
	static const char *const parts[] = { [4] = "float", [8] = "double", [16] = "long double" };
	uint64_t part = type->size / 2;
	type->kind = TYPE_COMPLEX;
	if (part < ARRAY_SIZE(parts) && parts[part])
		type->target = type_builtin(TYPE_FLOAT, part, true, parts[part]);
	else
		type->kind = TYPE_UNSPECIFIED;
}

// GNU C's complex integers.
static void fill_complex_integer(struct type *type, bool is_signed)
{
	type->kind = TYPE_COMPLEX;
	type->target = type_builtin(TYPE_INTEGER, type->size / 2, is_signed, is_signed ? "int" : "unsigned int");
}

static void fill_base(Dwarf_Die *die, struct type *type)
{
	uint64_t encoding = 0;
	die_unsigned(die, DW_AT_encoding, &encoding);
	type->name = die_name(die);
	switch (encoding) {
	case DW_ATE_boolean: type->kind = TYPE_BOOL; break;
	case DW_ATE_signed_char: type->is_signed = true; type->kind = TYPE_CHAR; break;
	case DW_ATE_unsigned_char:
	case DW_ATE_UTF:
	case DW_ATE_ASCII:
	case DW_ATE_UCS: type->kind = TYPE_CHAR; break;
	case DW_ATE_signed:
		type->is_signed = true;
		type->kind = type->name && str_equal(type->name, "wchar_t") ? TYPE_CHAR : TYPE_INTEGER;   // C++'s own
		break;
	case DW_ATE_unsigned:
	case DW_ATE_address: type->kind = TYPE_INTEGER; break;
	case DW_ATE_float:
		type->is_signed = true;
		type->kind = TYPE_FLOAT;
		type->is_float128 = type->name && (strstr(type->name, "128") || str_equal(type->name, "__float128"));
		break;
	case DW_ATE_complex_float: fill_complex(type); break;
	case 0x80: fill_complex_integer(type, true); break;    // DW_ATE_lo_user as gcc uses it
	case 0x81: fill_complex_integer(type, false); break;
	default: type->kind = TYPE_UNSPECIFIED; break;
	}
	// Rust: "()" is a value without contents, "!" is none at all.
	if (!type->size && type->name)
		type->kind = str_equal(type->name, "!") ? TYPE_UNSPECIFIED : TYPE_STRUCT;
}

static void fill_aggregate(struct module *module, Dwarf_Die *die, struct type *type)
{
	type->name = scoped_name(module, die, type->language);
	type->is_declaration = die_is_declaration(die);
}

static void fill_enum(struct module *module, Dwarf_Die *die, struct type *type)
{
	fill_aggregate(module, die, type);
	type->target = module_type_of(module, die);
	const struct type *underlying = type_strip(type->target);
	if (type->target) {
		type->is_signed = underlying->is_signed;
		if (!type->size)
			type->size = underlying->size;
	} else {
		type->is_signed = enum_has_negative(type);
	}
}

static void fill_pointer(struct module *module, Dwarf_Die *die, struct type *type)
{
	type->name = type->language == LANGUAGE_RUST ? die_name(die) : NULL;
	type->target = module_type_of(module, die);
	if (!type->size)
		type->size = POINTER_SIZE;
}

// Pointers to member functions are a code pointer and an adjustment of `this` (Itanium C++ ABI, 2.3).
static void fill_member_pointer(struct module *module, Dwarf_Die *die, struct type_node *node)
{
	Dwarf_Die containing;
	node->type.target = module_type_of(module, die);
	if (die_reference(die, DW_AT_containing_type, &containing))
		node->containing = module_type(module, &containing);
	if (!node->type.size)
		node->type.size = type_strip(node->type.target)->kind == TYPE_FUNCTION ? 2 * POINTER_SIZE : POINTER_SIZE;
}

static void fill_function(struct module *module, Dwarf_Die *die, struct type_node *node)
{
	Dwarf_Die child;
	node->type.size = 0;
	node->type.target = module_type_of(module, die);
	node->is_prototyped = node->type.language != LANGUAGE_C || die_flag(die, DW_AT_prototyped);
	for_each_child(&child, die) {
		int tag = dwarf_tag(&child);
		if (tag == DW_TAG_unspecified_parameters)
			node->type.is_variadic = true;
		if (tag != DW_TAG_formal_parameter)
			break;
	}
}

static void fill_alias(struct module *module, Dwarf_Die *die, struct type *type)
{
	if (type->kind == TYPE_TYPEDEF)
		type->name = scoped_name(module, die, type->language);
	type->target = module_type_of(module, die);
	if (type->target)
		type->size = type->target->size;
}

static void fill_unspecified(Dwarf_Die *die, struct type *type)
{
	type->name = die_name(die);
	if (type->name && strstr(type->name, "nullptr"))
		type->size = POINTER_SIZE;
}

// ---- Arrays ------------------------------------------------------------------------------------------------------

int64_t subrange_lower_bound(struct module *module, Dwarf_Die *subrange)
{
	int64_t lower = 0;
	Dwarf_Sword by_default = 0;
	Dwarf_Die unit;
	if (die_signed(subrange, DW_AT_lower_bound, &lower))
		return lower;
	if (module_unit_language(module, subrange) == LANGUAGE_OTHER && dwarf_diecu(subrange, &unit, NULL, NULL) &&
	    dwarf_default_lower_bound(dwarf_srclang(&unit), &by_default) == 0)
		return by_default;
	return 0;
}

static void fill_bounds(struct module *module, Dwarf_Die *subrange, struct type_node *node)
{
	struct type *type = &node->type;
	int64_t upper = 0, span = 0;
	if (dwarf_tag(subrange) == DW_TAG_enumeration_type) {
		const struct type *index = module_type(module, subrange);
		size_t count = 0;
		type_enumerators(index, &count);
		type->count = count;
		type->has_count = true;
		return;
	}
	type->lower_bound = subrange_lower_bound(module, subrange);
	if (die_unsigned(subrange, DW_AT_count, &type->count))
		type->has_count = true;
	else if (die_signed(subrange, DW_AT_upper_bound, &upper) && !__builtin_sub_overflow(upper, type->lower_bound, &span)) {
		type->has_count = true;
		type->count = span < 0 ? 0 : (uint64_t)span + 1;
	} else if (dwarf_hasattr_integrate(subrange, DW_AT_count) || dwarf_hasattr_integrate(subrange, DW_AT_upper_bound)) {
		node->bounds_offset = module_die_offset(module, subrange);
	}
}

static void fill_dimension(struct module *module, Dwarf_Die *subrange, const struct type *element, struct type_node *node)
{
	struct type *type = &node->type;
	uint64_t size = 0;
	type->target = element;
	if (subrange)
		fill_bounds(module, subrange, node);
	if (type->size || !type->has_count || !element)
		return;
	if (!__builtin_mul_overflow(element->size, type->count, &size))
		type->size = size;
}

// The DIE's own node is the first dimension; the others are made for it from the last one outwards.
static void fill_array(struct module *module, Dwarf_Die *die, struct type_node *node)
{
	Dwarf_Die child, dimensions[DIMENSION_LIMIT];
	size_t count = 0;
	const struct type *element = module_type_of(module, die);
	for_each_child(&child, die) {
		int tag = dwarf_tag(&child);
		if ((tag == DW_TAG_subrange_type || tag == DW_TAG_generic_subrange || tag == DW_TAG_enumeration_type) &&
		    count < DIMENSION_LIMIT)
			dimensions[count++] = child;
	}
	for (; count > 1; count--) {
		struct type_node *inner = node_create(module, die, TYPE_ARRAY);
		inner->type.size = 0;
		fill_dimension(module, &dimensions[count - 1], element, inner);
		element = &inner->type;
	}
	node->type.is_vector = die_flag(die, DW_AT_GNU_vector);
	fill_dimension(module, count ? &dimensions[0] : NULL, element, node);
}

// ---- All of them -------------------------------------------------------------------------------------------------

static enum type_kind kind_of_tag(int tag)
{
	switch (tag) {
	case DW_TAG_base_type: return TYPE_INTEGER;
	case DW_TAG_structure_type: return TYPE_STRUCT;
	case DW_TAG_class_type:
	case DW_TAG_interface_type: return TYPE_CLASS;
	case DW_TAG_union_type: return TYPE_UNION;
	case DW_TAG_enumeration_type: return TYPE_ENUM;
	case DW_TAG_pointer_type: return TYPE_POINTER;
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type: return TYPE_REFERENCE;
	case DW_TAG_ptr_to_member_type: return TYPE_MEMBER_POINTER;
	case DW_TAG_array_type: return TYPE_ARRAY;
	case DW_TAG_subroutine_type:
	case DW_TAG_subprogram:
	case DW_TAG_inlined_subroutine: return TYPE_FUNCTION;
	case DW_TAG_typedef:
	case DW_TAG_template_alias:
	case DW_TAG_subrange_type: return TYPE_TYPEDEF;
	case DW_TAG_const_type:
	case DW_TAG_immutable_type: return TYPE_CONST;
	case DW_TAG_volatile_type: return TYPE_VOLATILE;
	case DW_TAG_restrict_type: return TYPE_RESTRICT;
	case DW_TAG_atomic_type: return TYPE_ATOMIC;
	default: return TYPE_UNSPECIFIED;
	}
}

static void node_fill(struct module *module, Dwarf_Die *die, struct type_node *node)
{
	struct type *type = &node->type;
	switch (type->kind) {
	case TYPE_INTEGER: fill_base(die, type); break;
	case TYPE_STRUCT:
	case TYPE_CLASS:
	case TYPE_UNION: fill_aggregate(module, die, type); break;
	case TYPE_ENUM: fill_enum(module, die, type); break;
	case TYPE_REFERENCE: type->is_rvalue = dwarf_tag(die) == DW_TAG_rvalue_reference_type;
		__attribute__((fallthrough));
	case TYPE_POINTER: fill_pointer(module, die, type); break;
	case TYPE_MEMBER_POINTER: fill_member_pointer(module, die, node); break;
	case TYPE_ARRAY: fill_array(module, die, node); break;
	case TYPE_FUNCTION: fill_function(module, die, node); break;
	case TYPE_UNSPECIFIED: fill_unspecified(die, type); break;
	default: fill_alias(module, die, type); break;
	}
}

static const struct type *type_make(struct module *module, Dwarf_Die *die, uint64_t offset)
{
	struct type_cache *cache = type_cache(module);
	Dwarf_Die unit_type;
	// A skeleton of a type that lives in a type unit (DWARF 5, 5.7.1 DW_AT_signature).
	if (dwarf_hasattr(die, DW_AT_signature) && die_reference(die, DW_AT_signature, &unit_type)) {
		const struct type *type = module_type(module, &unit_type);
		map_set(&cache->types, offset, (void *)(uintptr_t)type);
		return type;
	}
	struct type_node *node = node_create(module, die, kind_of_tag(dwarf_tag(die)));
	node->type.die_offset = offset;
	node->is_filling = true;
	map_set(&cache->types, offset, node);
	node_fill(module, die, node);
	node->is_filling = false;
	return &node->type;
}

const struct type *module_type(struct module *module, Dwarf_Die *type_die)
{
	struct type_cache *cache = type_cache(module);
	uint64_t offset = module_die_offset(module, type_die);
	struct type_node *node = map_get(&cache->types, offset);
	if (node)
		return node->is_filling ? type_unknown() : &node->type;
	if (cache->depth >= DEPTH_LIMIT)
		return type_unknown();
	cache->depth++;
	const struct type *type = type_make(module, type_die, offset);
	cache->depth--;
	return type;
}

const struct type *module_type_of(struct module *module, Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	Dwarf_Die type_die;
	if (!dwarf_attr_integrate(die, DW_AT_type, &attribute))
		return NULL;
	return dwarf_formref_die(&attribute, &type_die) ? module_type(module, &type_die) : type_unknown();
}
