// What is inside a type: members, bases, variants, parameters and enumerators, read when somebody looks.
#include "engine/symbols/type_private.h"

typedef VEC(struct type_member) member_list;

// ---- Members -----------------------------------------------------------------------------------------------------

// DWARF 5, 5.7.6: DW_AT_data_bit_offset counts from the start of the containing type. The storage unit is the declared type's, where
// it is aligned so and inside the struct; packed fields get the byte in which they begin.
static void place_bits(struct type_member *member, uint64_t bit, uint64_t containing_size)
{
	uint64_t unit = type_strip(member->type)->size;
	uint64_t first = bit / 8;
	if (unit && unit <= 16) {
		uint64_t start = first - first % unit;
		bool fits = bit - start * 8 + member->bit_size <= unit * 8;
		if (fits && (!containing_size || start + unit <= containing_size))
			first = start;
	}
	member->offset = first;
	member->bit_offset = (uint32_t)(bit - first * 8);
}

// DWARF 2 and 3: DW_AT_bit_offset counts from the most significant bit of a storage unit of DW_AT_byte_size bytes.
static void place_old_bits(Dwarf_Die *die, struct type_member *member, int64_t from_top, uint64_t containing_size)
{
	uint64_t unit = type_strip(member->type)->size;
	die_unsigned(die, DW_AT_byte_size, &unit);
	int64_t bit = 0;
	if (unit > 16 || __builtin_sub_overflow((int64_t)(unit * 8) - (int64_t)member->bit_size, from_top, &bit))
		return;
	if (__builtin_add_overflow((int64_t)(member->offset * 8), bit, &bit) || bit < 0)
		return;
	place_bits(member, (uint64_t)bit, containing_size);
}

static void read_bits(Dwarf_Die *die, struct type_member *member, uint64_t containing_size)
{
	uint64_t size = 0, bit = 0;
	int64_t from_top = 0;
	if (!die_unsigned(die, DW_AT_bit_size, &size) || !size || size > 128)
		return;
	member->bit_size = (uint32_t)size;
	if (die_unsigned(die, DW_AT_data_bit_offset, &bit))
		place_bits(member, bit, containing_size);
	else if (die_signed(die, DW_AT_bit_offset, &from_top))
		place_old_bits(die, member, from_top, containing_size);
	else
		place_bits(member, member->offset * 8, containing_size);
}

// A constant, or the one expression that DWARF 2 used for it. Others (virtual bases) wait for an object: member_locate().
static bool read_offset(Dwarf_Die *die, uint64_t *offset_ret)
{
	Dwarf_Attribute attribute;
	Dwarf_Op *ops = NULL;
	size_t count = 0;
	if (!dwarf_attr_integrate(die, DW_AT_data_member_location, &attribute)) {
		*offset_ret = 0;
		return true;
	}
	if (die_unsigned(die, DW_AT_data_member_location, offset_ret))
		return true;
	if (dwarf_getlocation(&attribute, &ops, &count) != 0 || count != 1 || ops[0].atom != DW_OP_plus_uconst)
		return false;
	*offset_ret = ops[0].number;
	return true;
}

bool is_static_member(Dwarf_Die *die)
{
	int tag = dwarf_tag(die);
	if (tag == DW_TAG_variable)
		return true;
	return tag == DW_TAG_member && (die_is_declaration(die) || die_flag(die, DW_AT_external) ||
					dwarf_hasattr(die, DW_AT_const_value));
}

static struct type_member member_of_die(struct module *module, Dwarf_Die *die, uint64_t containing_size)
{
	int tag = dwarf_tag(die);
	uint64_t virtuality = 0;
	struct type_member member = { .module = module, .die_offset = module_die_offset(module, die) };
	member.type = module_type_of(module, die);
	if (!member.type)
		member.type = type_void();
	member.is_base = tag == DW_TAG_inheritance;
	if (!member.is_base)
		member.name = die_name(die);
	member.is_static = is_static_member(die);
	member.is_artificial = die_flag(die, DW_AT_artificial);
	if (member.is_static)
		return member;
	member.is_virtual_base = member.is_base && die_unsigned(die, DW_AT_virtuality, &virtuality) && virtuality != DW_VIRTUALITY_none;
	if (!read_offset(die, &member.offset))
		member.is_virtual_base = true;
	read_bits(die, &member, containing_size);
	return member;
}

// ---- Variants (Rust enums; DWARF 5, 5.7.10) ----------------------------------------------------------------------

static uint64_t discriminant_value(const struct type_member *discriminant, uint64_t value)
{
	const struct type *type = discriminant ? type_strip(discriminant->type) : NULL;
	if (!type || !type->size || type->size >= 8)
		return value;
	unsigned shift = (unsigned)(64 - type->size * 8);
	return type->is_signed ? (uint64_t)((int64_t)(value << shift) >> shift) : value << shift >> shift;
}

static void read_variant(struct module *module, Dwarf_Die *variant, const struct type *type,
			 const struct type_member *discriminant, member_list *members)
{
	Dwarf_Die child;
	Dwarf_Attribute attribute;
	int64_t value = 0;
	bool has_value = dwarf_attr(variant, DW_AT_discr_value, &attribute) && attribute_signed(&attribute, &value);
	for_each_child(&child, variant) {
		if (dwarf_tag(&child) != DW_TAG_member)
			continue;
		struct type_member member = member_of_die(module, &child, type->size);
		member.has_discriminant = has_value;
		member.is_default_variant = !has_value;
		member.discriminant = has_value ? discriminant_value(discriminant, (uint64_t)value) : 0;
		*vec_push(members) = member;
	}
}

static void read_variant_part(struct module *module, Dwarf_Die *part, struct type_node *node, member_list *members)
{
	Dwarf_Die die;
	struct type_member *discriminant = NULL;
	if (die_reference(part, DW_AT_discr, &die)) {
		discriminant = arena_new(module->symbols->arena, struct type_member);
		*discriminant = member_of_die(module, &die, node->type.size);
		node->discriminant = discriminant;
	}
	for_each_child(&die, part)
		if (dwarf_tag(&die) == DW_TAG_variant)
			read_variant(module, &die, &node->type, discriminant, members);
}

// ---- Lists -------------------------------------------------------------------------------------------------------

static void read_aggregate(struct module *module, Dwarf_Die *die, struct type_node *node, member_list *members)
{
	Dwarf_Die child;
	for_each_child(&child, die)
		if (dwarf_tag(&child) == DW_TAG_inheritance)
			*vec_push(members) = member_of_die(module, &child, node->type.size);
	for_each_child(&child, die) {
		int tag = dwarf_tag(&child);
		if (tag == DW_TAG_member || tag == DW_TAG_variable)
			*vec_push(members) = member_of_die(module, &child, node->type.size);
		else if (tag == DW_TAG_variant_part)
			read_variant_part(module, &child, node, members);
	}
}

static void read_parameters(struct module *module, Dwarf_Die *die, member_list *members)
{
	Dwarf_Die child, origin;
	for_each_child(&child, die) {
		if (dwarf_tag(&child) != DW_TAG_formal_parameter)
			continue;
		struct type_member *member = vec_push(members);
		const struct type *type = module_type_of(module, &child);
		member->type = type ? type : type_void();
		member->name = die_name(&child);
		member->is_artificial = die_flag(&child, DW_AT_artificial);
		member->module = module;
		member->die_offset = module_die_offset(module, &child);
	}
	// An inlined copy may have lost its parameters to the optimiser: the abstract instance has them all.
	if (!members->count && dwarf_hasattr(die, DW_AT_abstract_origin) && die_reference(die, DW_AT_abstract_origin, &origin) &&
	    !dwarf_hasattr(&origin, DW_AT_abstract_origin))
		read_parameters(module, &origin, members);
}

static void read_members(struct type_node *node)
{
	struct module *module = node->type.module;
	Dwarf_Die die;
	member_list members = VEC_INIT;
	node->are_members_read = true;
	if (!module || !node->type.die_offset || !module_die(module, node->type.die_offset, &die))
		return;
	if (node->type.kind == TYPE_FUNCTION)
		read_parameters(module, &die, &members);
	else
		read_aggregate(module, &die, node, &members);
	struct type_member *kept = arena_array(module->symbols->arena, struct type_member, members.count);
	if (members.count)
		memcpy(kept, members.items, members.count * sizeof(*kept));
	node->members = kept;
	node->member_count = members.count;
	vec_deinit(&members);
}

static struct type_node *node_with_members(const struct type *type)
{
	if (!type || (!type_is_aggregate(type) && type_strip(type)->kind != TYPE_FUNCTION))
		return NULL;
	struct type_node *node = type_node(type_resolve(type_strip(type)));
	if (!node->are_members_read)
		read_members(node);
	return node;
}

const struct type_member *type_members(const struct type *type, size_t *count_ret)
{
	const struct type_node *node = node_with_members(type);
	*count_ret = node ? node->member_count : 0;
	return node ? node->members : NULL;
}

const struct type_member *type_discriminant(const struct type *type)
{
	const struct type_node *node = node_with_members(type);
	return node ? node->discriminant : NULL;
}

// ---- Template arguments ------------------------------------------------------------------------------------------

static bool find_argument(Dwarf_Die *die, size_t *left, Dwarf_Die *found)
{
	Dwarf_Die child;
	for_each_child(&child, die) {
		int tag = dwarf_tag(&child);
		if (tag == DW_TAG_GNU_template_parameter_pack && find_argument(&child, left, found))
			return true;
		if (tag != DW_TAG_template_type_parameter && tag != DW_TAG_template_value_parameter && tag != DW_TAG_GNU_template_template_param)
			continue;
		if ((*left)-- == 0) {
			*found = child;
			return true;
		}
	}
	return false;
}

const struct type *type_template_argument(const struct type *type, size_t index)
{
	Dwarf_Die die, argument;
	if (!type_is_aggregate(type))
		return NULL;
	type = type_resolve(type_strip(type));
	if (!type->module || !type->die_offset || !module_die(type->module, type->die_offset, &die) || !find_argument(&die, &index, &argument) ||
	    dwarf_tag(&argument) != DW_TAG_template_type_parameter)
		return NULL;
	return module_type_of(type->module, &argument);
}

// ---- Enumerators -------------------------------------------------------------------------------------------------

static void read_enumerators(struct type_node *node)
{
	struct module *module = node->type.module;
	Dwarf_Die die, child;
	VEC(struct type_enumerator) list = VEC_INIT;
	node->are_enumerators_read = true;
	if (!module || !module_die(module, node->type.die_offset, &die))
		return;
	for_each_child(&child, &die) {
		struct type_enumerator enumerator = { .name = die_name(&child) };
		if (dwarf_tag(&child) != DW_TAG_enumerator || !enumerator.name)
			continue;
		die_signed(&child, DW_AT_const_value, &enumerator.value);
		*vec_push(&list) = enumerator;
	}
	struct type_enumerator *kept = arena_array(module->symbols->arena, struct type_enumerator, list.count);
	if (list.count)
		memcpy(kept, list.items, list.count * sizeof(*kept));
	node->enumerators = kept;
	node->enumerator_count = list.count;
	vec_deinit(&list);
}

const struct type_enumerator *type_enumerators(const struct type *type, size_t *count_ret)
{
	*count_ret = 0;
	type = type_strip(type);
	if (type->kind != TYPE_ENUM)
		return NULL;
	struct type_node *node = type_node(type_resolve(type));
	if (!node->are_enumerators_read)
		read_enumerators(node);
	*count_ret = node->enumerator_count;
	return node->enumerators;
}

bool enum_has_negative(const struct type *type)
{
	size_t count = 0;
	if (type->is_declaration)
		return false;
	struct type_node *node = type_node(type);
	read_enumerators(node);
	count = node->enumerator_count;
	for (size_t i = 0; i < count; i++)
		if (node->enumerators[i].value < 0)
			return true;
	return false;
}
