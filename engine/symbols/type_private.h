// Private to the type_*.c files, location.c and lookup.c: what a type carries besides its public face.
#pragma once

#include <dwarf.h>

#include "engine/symbols/private.h"

// Every struct type that this layer hands out is the first member of one of these.
struct type_node {
	struct type type;
	const struct type *containing;        // MEMBER_POINTER: the class
	uint64_t bounds_offset;               // ARRAY with a run-time bound: its DW_TAG_subrange_type; 0: none
	bool is_prototyped;                   // FUNCTION: "(void)" and not "()"
	bool is_filling;                      // met again while it is made: a loop in broken DWARF
	bool are_members_read, are_enumerators_read;
	const struct type_member *members;
	size_t member_count;
	const struct type_member *discriminant;
	const struct type_enumerator *enumerators;
	size_t enumerator_count;
	int unresolved_until;                 // declarations: nothing found while this was the newest module's id; 0: not tried
	struct type_node *next_derived;       // type_derived.c: the next one made from the same target
};

static inline struct type_node *type_node(const struct type *type)
{
	return (struct type_node *)(uintptr_t)type;
}

// type.c. Stands for a type that cannot be read.
const struct type *type_unknown(void);
enum language module_unit_language(struct module *module, Dwarf_Die *die);
// Constant attributes; false if absent or not constant.
bool die_unsigned(Dwarf_Die *die, unsigned name, uint64_t *value_ret);
bool die_signed(Dwarf_Die *die, unsigned name, int64_t *value_ret);
bool attribute_signed(Dwarf_Attribute *attribute, int64_t *value_ret);
bool die_flag(Dwarf_Die *die, unsigned name);
bool die_is_declaration(Dwarf_Die *die);
// The DIE that an attribute (also of its abstract origin) refers to.
bool die_reference(Dwarf_Die *die, unsigned name, Dwarf_Die *target_ret);
int64_t subrange_lower_bound(struct module *module, Dwarf_Die *subrange);

// type_members.c
bool enum_has_negative(const struct type *type);
bool is_static_member(Dwarf_Die *die);

#define for_each_child(child, die) \
	for (bool more_ = dwarf_child((die), (child)) == 0; more_; more_ = die_next(child))
