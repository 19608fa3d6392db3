// Whether objects of a class are handed over in memory (Itanium C++ ABI, 3.1.1: classes that are not trivial for the purposes of calls).
#include "engine/symbols/type_private.h"

enum { PARTS_DEPTH = 16 };

// X (const X &), X (X &&): the only parameter besides `this` refers to the class itself.
static bool takes_its_own_kind(struct module *module, Dwarf_Die *constructor, const struct type *class)
{
	Dwarf_Die parameter;
	const struct type *type = NULL;
	unsigned count = 0;
	for_each_child(&parameter, constructor) {
		if (dwarf_tag(&parameter) != DW_TAG_formal_parameter || die_flag(&parameter, DW_AT_artificial))
			continue;
		type = type_strip(module_type_of(module, &parameter));
		count++;
	}
	return count == 1 && type->kind == TYPE_REFERENCE && type_strip(type->target) == class;
}

// The class may be "box<int>", its constructor is "box".
static bool is_constructor(const char *function, const char *class)
{
	size_t length = strlen(function);
	return class && strncmp(class, function, length) == 0 && (!class[length] || class[length] == '<');
}

// Written by hand: a destructor, a copy or a move constructor.
static bool has_own_copying(struct module *module, Dwarf_Die *die, const struct type *class)
{
	const char *name = die_name(die);
	Dwarf_Die function;
	for_each_child(&function, die) {
		const char *own = dwarf_tag(&function) == DW_TAG_subprogram ? die_name(&function) : NULL;
		uint64_t defaulted = 0;
		if (!own || die_flag(&function, DW_AT_artificial) ||
		    (die_unsigned(&function, DW_AT_defaulted, &defaulted) && defaulted == DW_DEFAULTED_in_class))
			continue;
		if (own[0] == '~' || (is_constructor(own, name) && takes_its_own_kind(module, &function, class)))
			return true;
	}
	return false;
}

static bool is_by_reference(const struct type *type, unsigned depth)
{
	uint64_t convention;
	Dwarf_Die die;
	type = type_resolve(type_strip(type));
	while (type->kind == TYPE_ARRAY && type->target)
		type = type_resolve(type_strip(type->target));
	if (!type_is_aggregate(type) || type->language != LANGUAGE_CPP || !type->module || depth > PARTS_DEPTH)
		return false;
	if (module_die(type->module, type->die_offset, &die)) {
		if (die_unsigned(&die, DW_AT_calling_convention, &convention))
			return convention == DW_CC_pass_by_reference;
		if (has_own_copying(type->module, &die, type))
			return true;
	}
	size_t count;
	const struct type_member *members = type_members(type, &count);
	for (size_t i = 0; i < count; i++) {
		bool is_part = !members[i].is_static && members[i].type;
		if (members[i].is_artificial || members[i].is_virtual_base || (is_part && is_by_reference(members[i].type, depth + 1)))
			return true;
	}
	return false;
}

bool type_is_passed_by_reference(const struct type *type)
{
	return is_by_reference(type, 0);
}
