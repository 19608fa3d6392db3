// Location attributes decoded once: a single expression, or a list of ranges with one each (DWARF 5, 2.6.2).
#include "engine/symbols/variable_private.h"

#define RANGE_LIMIT 65536

void location_source_init(struct location_source *source, Dwarf_Die *die, unsigned attribute_name)
{
	*source = (struct location_source){ 0 };
	source->has_attribute = dwarf_attr_integrate(die, attribute_name, &source->attribute) != NULL;
}

bool location_source_is_list(struct location_source *source)
{
	switch (dwarf_whatform(&source->attribute)) {
	case DW_FORM_exprloc:
	case DW_FORM_block:
	case DW_FORM_block1:
	case DW_FORM_block2:
	case DW_FORM_block4: return false;
	default: return true;
	}
}

static void decode_single(struct module *module, struct location_source *source)
{
	struct location_range *range = arena_new(module->symbols->arena, struct location_range);
	if (dwarf_getlocation(&source->attribute, &range->ops, &range->count) != 0 || !range->count)
		return;
	range->end = UINT64_MAX;
	source->ranges = range;
	source->count = 1;
}

static void decode_list(struct module *module, struct location_source *source)
{
	VEC(struct location_range) list = VEC_INIT;
	Dwarf_Addr base = 0, start = 0, end = 0;
	Dwarf_Op *ops = NULL;
	size_t count = 0;
	ptrdiff_t position = 0;
	while (list.count < RANGE_LIMIT &&
	       (position = dwarf_getlocations(&source->attribute, position, &base, &start, &end, &ops, &count)) > 0)
		if (start < end && count)
			*vec_push(&list) = (struct location_range){ start, end, ops, count };
	struct location_range *kept = arena_array(module->symbols->arena, struct location_range, list.count);
	if (list.count)
		memcpy(kept, list.items, list.count * sizeof(*kept));
	source->ranges = kept;
	source->count = list.count;
	vec_deinit(&list);
}

const struct location_range *location_source_at(struct module *module, struct location_source *source, uint64_t link_pc)
{
	if (!source->has_attribute)
		return NULL;
	if (!source->is_decoded) {
		source->is_decoded = true;
		if (location_source_is_list(source))
			decode_list(module, source);
		else
			decode_single(module, source);
	}
	for (size_t i = 0; i < source->count; i++)
		if (link_pc >= source->ranges[i].start && link_pc < source->ranges[i].end)
			return &source->ranges[i];
	return NULL;
}
