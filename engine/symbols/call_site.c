// Entry values by the caller's own record: what it passed in a register at a call (DWARF 5, 3.4: call site entries).
#include "engine/symbols/variable_private.h"

#define BLOCK_DEPTH 64
#define CHAIN 64

static bool is_call_site(int tag)
{
	return tag == DW_TAG_call_site || tag == DW_TAG_GNU_call_site;
}

// Both name the address behind the call; GNU's form of DWARF 4 calls it DW_AT_low_pc.
static bool returns_to(Dwarf_Die *site, uint64_t return_address)
{
	Dwarf_Attribute attribute;
	Dwarf_Addr address = 0;
	unsigned name = dwarf_tag(site) == DW_TAG_call_site ? DW_AT_call_return_pc : DW_AT_low_pc;
	return dwarf_attr(site, name, &attribute) && dwarf_formaddr(&attribute, &address) == 0 && address == return_address;
}

static bool find_site(Dwarf_Die *parent, uint64_t return_address, unsigned depth, Dwarf_Die *site_ret)
{
	Dwarf_Die die;
	for_each_child(&die, parent) {
		int tag = dwarf_tag(&die);
		if (is_call_site(tag) && returns_to(&die, return_address)) {
			*site_ret = die;
			return true;
		}
		if ((tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine) && depth < BLOCK_DEPTH &&
		    find_site(&die, return_address, depth + 1, site_ret))
			return true;
	}
	return false;
}

static bool attribute_either(Dwarf_Die *die, unsigned name, unsigned gnu_name, Dwarf_Attribute *attribute)
{
	return dwarf_attr(die, name, attribute) || dwarf_attr(die, gnu_name, attribute);
}

static struct error *evaluate(struct module *module, Dwarf_Attribute *attribute, const struct location_context *context,
			      uint64_t *value_ret)
{
	struct machine machine;
	Dwarf_Op *ops = NULL;
	size_t count = 0;
	machine_init(&machine, module, context, NULL);
	if (dwarf_getlocation(attribute, &ops, &count) != 0)
		return error_libdw("a value at a call");
	return machine_evaluate(&machine, attribute, ops, count, value_ret);
}

// A tail call may have led elsewhere: then what was passed here says nothing about the callee's registers.
static bool calls(struct module *module, Dwarf_Die *site, const struct function *callee, const struct location_context *caller)
{
	Dwarf_Attribute attribute;
	Dwarf_Die origin;
	uint64_t target = 0;
	while (callee->is_inlined && callee->outer)
		callee = callee->outer;
	if (attribute_either(site, DW_AT_call_origin, DW_AT_abstract_origin, &attribute) && dwarf_formref_die(&attribute, &origin)) {
		const char *name = die_qualified_name(module, &origin);
		return name && callee->qualified_name && str_equal(name, callee->qualified_name);
	}
	if (!attribute_either(site, DW_AT_call_target, DW_AT_GNU_call_site_target, &attribute))
		return false;
	struct error *error = evaluate(module, &attribute, caller, &target);
	bool is_it = !error && target == callee->entry;
	error_destroy(error);
	return is_it;
}

static bool passes_in(Dwarf_Die *parameter, int dwarf_register)
{
	Dwarf_Attribute attribute;
	Dwarf_Op *ops = NULL;
	size_t count = 0;
	int number = 0;
	int tag = dwarf_tag(parameter);
	return (tag == DW_TAG_call_site_parameter || tag == DW_TAG_GNU_call_site_parameter) &&
	       dwarf_attr(parameter, DW_AT_location, &attribute) && dwarf_getlocation(&attribute, &ops, &count) == 0 &&
	       expression_register(ops, count, &number) && number == dwarf_register;
}

struct error *location_entry_register(struct modules *modules, const struct function *callee, uint64_t return_address,
				      int dwarf_register, const struct location_context *caller, uint64_t *value_ret)
{
	struct module *module = modules_find(modules, return_address);
	Dwarf_Die dies[CHAIN], site, parameter;
	struct link_address link = { 0 };
	size_t count = 0;
	if (module) {
		link = module_link(module, return_address);
		count = module_function_dies(module, (struct link_address){ link.value - 1 }, dies, CHAIN);
	}
	if (!count || !callee || !find_site(&dies[count - 1], link.value, 0, &site) || !calls(module, &site, callee, caller))
		return error_create(ERROR_UNAVAILABLE, "optimised out: the caller does not say what it passed");
	for_each_child(&parameter, &site) {
		Dwarf_Attribute attribute;
		if (passes_in(&parameter, dwarf_register) &&
		    attribute_either(&parameter, DW_AT_call_value, DW_AT_GNU_call_site_value, &attribute))
			return evaluate(module, &attribute, caller, value_ret);
	}
	return error_create(ERROR_UNAVAILABLE, "optimised out: the caller does not say what it passed");
}
