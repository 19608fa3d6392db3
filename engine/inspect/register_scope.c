// The Registers scope: groups, registers, their parts, flag bits and vector lanes, all editable.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "engine/inspect/private.h"

enum { REGISTER_BYTES_MAX = 64 };

static const char *const group_names[REGISTER_GROUP_COUNT] = {
	[REGISTER_GROUP_GENERAL] = "General", [REGISTER_GROUP_FLAGS] = "Flags", [REGISTER_GROUP_SEGMENT] = "Segment",
	[REGISTER_GROUP_X87] = "x87",         [REGISTER_GROUP_VECTOR] = "SSE/AVX", [REGISTER_GROUP_MASK] = "Mask",
	[REGISTER_GROUP_DEBUG] = "Debug",     [REGISTER_GROUP_THREAD] = "Thread",
};

struct register_node {
	struct node node;
	struct frame_context *context;
	enum register_group group;               // group nodes
	const struct register_desc *desc;        // register, bit, lanes and lane nodes
	const struct register_bit *bit;
	const struct register_lane_kind *lanes;
	unsigned lane;
};

static struct register_node *make(struct frame_context *context, const struct node_ops *ops, const char *name, const char *expression)
{
	struct register_node *node = arena_new(context->eval.arena, struct register_node);
	node->node = (struct node){ .ops = ops, .name = name, .expression = expression, .arena = context->eval.arena };
	node->context = context;
	return node;
}

static struct error *read_desc(struct register_node *node, uint8_t bytes[REGISTER_BYTES_MAX])
{
	return node->context->eval.read_register(node->context, node->desc, bytes);
}

static struct error *write_desc(struct register_node *node, const uint8_t *bytes)
{
	return node->context->eval.write_register(node->context, node->desc, bytes);
}

static uint64_t low_word(const uint8_t *bytes, size_t size)
{
	uint64_t word = 0;
	memcpy(&word, bytes, size < sizeof(word) ? size : sizeof(word));
	return word;
}

// ---- one lane of a vector -----------------------------------------------------------------------------------------------

static struct error *lane_describe(struct node *base, const struct node_display *display, struct node_view *view_ret);
static struct error *lane_assign(struct node *base, const char *text);
static const struct node_ops lane_ops = { .describe = lane_describe, .assign = lane_assign };

static char *lane_text(struct arena *arena, const struct register_lane_kind *kind, const uint8_t *bytes, bool is_hex)
{
	if (kind->is_float) {
		float single;
		double number;
		if (kind->size == sizeof(single)) {
			memcpy(&single, bytes, sizeof(single));
			return arena_printf(arena, "%.9g", (double)single);
		}
		memcpy(&number, bytes, sizeof(number));
		return arena_printf(arena, "%.17g", number);
	}
	if (kind->size == 16) {
		uint64_t high = low_word(bytes + 8, 8);
		uint64_t low = low_word(bytes, 8);
		return high ? arena_printf(arena, "0x%" PRIx64 "%016" PRIx64, high, low) : arena_printf(arena, "0x%" PRIx64, low);
	}
	uint64_t word = low_word(bytes, kind->size);
	if (is_hex)
		return arena_printf(arena, "0x%0*" PRIx64, (int)kind->size * 2, word);
	if (!kind->is_signed)
		return arena_printf(arena, "%" PRIu64, word);
	unsigned shift = 64 - kind->size * 8;
	return arena_printf(arena, "%" PRId64, (int64_t)(word << shift) >> shift);
}

static struct error *lane_describe(struct node *base, const struct node_display *display, struct node_view *view_ret)
{
	struct register_node *node = (struct register_node *)base;
	uint8_t bytes[REGISTER_BYTES_MAX];
	struct error *error = read_desc(node, bytes);
	if (error)
		return error;
	*view_ret = (struct node_view){
		.value = lane_text(base->arena, node->lanes, bytes + (size_t)node->lane * node->lanes->size, display->is_hex),
		.type = node->lanes->element,
	};
	return NULL;
}

static struct error *parse_lane(struct register_node *node, const char *text, uint8_t *bytes)
{
	struct value value;
	double number;
	uint64_t integer;
	if (!node->lanes->is_float) {
		struct error *error = inspect_integer(node->context, text, &integer);
		if (!error) {
			memset(bytes, (int64_t)integer < 0 && node->lanes->is_signed ? 0xff : 0, node->lanes->size);
			memcpy(bytes, &integer, node->lanes->size < 8 ? node->lanes->size : 8);
		}
		return error;
	}
	struct error *error = inspect_evaluate(node->context, text, &value);
	if (!error)
		error = value_as_double(&node->context->eval, &value, &number);
	if (error)
		return error;
	float single = (float)number;
	memcpy(bytes, node->lanes->size == sizeof(single) ? (const void *)&single : (const void *)&number, node->lanes->size);
	return NULL;
}

static struct error *lane_assign(struct node *base, const char *text)
{
	struct register_node *node = (struct register_node *)base;
	uint8_t bytes[REGISTER_BYTES_MAX];
	struct error *error = read_desc(node, bytes);
	if (!error)
		error = parse_lane(node, text, bytes + (size_t)node->lane * node->lanes->size);
	return error ? error : write_desc(node, bytes);
}

// ---- all lanes of one kind: "v4_float" ------------------------------------------------------------------------------

static unsigned lane_count(const struct register_node *node)
{
	return node->desc->size / node->lanes->size;
}

static struct error *lanes_describe(struct node *base, const struct node_display *display, struct node_view *view_ret)
{
	struct register_node *node = (struct register_node *)base;
	uint8_t bytes[REGISTER_BYTES_MAX];
	struct error *error = read_desc(node, bytes);
	if (error)
		return error;
	_cleanup_str_ struct str text = STR_INIT;
	str_char(&text, '{');
	for (unsigned i = 0; i < lane_count(node); i++)
		str_printf(&text, "%s%s", i ? ", " : "", lane_text(base->arena, node->lanes, bytes + (size_t)i * node->lanes->size, display->is_hex));
	str_char(&text, '}');
	*view_ret = (struct node_view){ .value = arena_strdup(base->arena, str_text(&text)),
					.type = arena_printf(base->arena, "%s [%u]", node->lanes->element, lane_count(node)),
					.indexed_children = lane_count(node) };
	return NULL;
}

static struct error *lanes_children(struct node *base, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret,
				    size_t *count_ret)
{
	struct register_node *node = (struct register_node *)base;
	struct node_list list = { 0 };
	for (unsigned i = 0; is_indexed && i < lane_count(node); i++) {
		const char *name = arena_printf(base->arena, "[%u]", i);
		const char *expression = base->expression ? arena_printf(base->arena, "%s[%u]", base->expression, i) : NULL;
		struct register_node *lane = make(node->context, &lane_ops, name, expression);
		lane->desc = node->desc;
		lane->lanes = node->lanes;
		lane->lane = i;
		node_list_add(&list, base->arena, &lane->node);
	}
	node_list_page(&list, start, count, nodes_ret, count_ret);
	return NULL;
}

// "{1, 2, 3, 4}", one for each lane.
static struct error *lanes_assign(struct node *base, const char *text)
{
	struct register_node *node = (struct register_node *)base;
	uint8_t bytes[REGISTER_BYTES_MAX];
	struct error *error = read_desc(node, bytes);
	const char *at = text + strspn(text, " {");
	for (unsigned i = 0; !error && i < lane_count(node); i++) {
		size_t length = strcspn(at, ",}");
		_cleanup_free_ char *part = xstrndup(at, length);
		if (!part[strspn(part, " ")])
			return error_create(ERROR_INVALID, "%u values separated by commas are needed, as in {1, 2, ...}", lane_count(node));
		error = parse_lane(node, part, bytes + (size_t)i * node->lanes->size);
		at += length + (at[length] == ',');
	}
	return error ? error : write_desc(node, bytes);
}

static const struct node_ops lanes_ops = { .describe = lanes_describe, .children = lanes_children, .assign = lanes_assign };

// ---- one bit or bit field of eflags, mxcsr ... -------------------------------------------------------------------------

static uint64_t bit_mask(const struct register_bit *bit)
{
	return (((uint64_t)1 << bit->width) - 1) << bit->shift;
}

static struct error *bit_describe(struct node *base, const struct node_display *display, struct node_view *view_ret)
{
	struct register_node *node = (struct register_node *)base;
	uint8_t bytes[REGISTER_BYTES_MAX];
	(void)display;
	struct error *error = read_desc(node, bytes);
	if (error)
		return error;
	uint64_t word = low_word(bytes, node->desc->size);
	*view_ret = (struct node_view){ .value = arena_printf(base->arena, "%" PRIu64, (word & bit_mask(node->bit)) >> node->bit->shift),
					.type = node->bit->meaning };
	return NULL;
}

static struct error *bit_assign(struct node *base, const char *text)
{
	struct register_node *node = (struct register_node *)base;
	uint8_t bytes[REGISTER_BYTES_MAX];
	uint64_t value;
	struct error *error = inspect_integer(node->context, text, &value);
	if (!error && value >> node->bit->width)
		error = error_create(ERROR_INVALID, "%s has %u bit%s: 0 to %" PRIu64, node->bit->name, node->bit->width,
				     node->bit->width > 1 ? "s" : "", ((uint64_t)1 << node->bit->width) - 1);
	if (!error)
		error = read_desc(node, bytes);
	if (error)
		return error;
	uint64_t word = low_word(bytes, node->desc->size);
	word = (word & ~bit_mask(node->bit)) | value << node->bit->shift;
	memcpy(bytes, &word, node->desc->size < 8 ? node->desc->size : 8);
	return write_desc(node, bytes);
}

static const struct node_ops bit_ops = { .describe = bit_describe, .assign = bit_assign };

// ---- a register -----------------------------------------------------------------------------------------------------------

static const struct node_ops register_ops;

static char *vector_text(struct arena *arena, const uint8_t *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	while (size > 1 && !bytes[size - 1])
		size--;
	char *text = arena_alloc(arena, 2 * size + 3);
	char *at = text;
	*at++ = '0';
	*at++ = 'x';
	for (size_t i = size; i-- > 0;) {
		if (i + 1 < size || bytes[i] >> 4)
			*at++ = digits[bytes[i] >> 4];
		*at++ = digits[bytes[i] & 15];
	}
	return text;
}

static char *flags_text(struct arena *arena, const struct register_desc *desc, uint64_t word)
{
	size_t count;
	const struct register_bit *bits = register_bits(desc, &count);
	_cleanup_str_ struct str text = STR_INIT;
	str_hex(&text, word);
	str_add(&text, " [");
	size_t start = text.length;
	for (size_t i = 0; i < count; i++) {
		uint64_t field = (word & bit_mask(&bits[i])) >> bits[i].shift;
		if (!field)
			continue;
		str_printf(&text, "%s%s", text.length > start ? " " : "", bits[i].name);
		if (bits[i].width > 1)
			str_printf(&text, "=%" PRIu64, field);
	}
	str_char(&text, ']');
	return arena_strdup(arena, str_text(&text));
}

static char *pointer_text(struct register_node *node, uint64_t word)
{
	_cleanup_str_ struct str text = STR_INIT;
	str_hex(&text, word);
	size_t plain = text.length;
	str_add(&text, " <");
	if (modules_symbolise(node->context->debugger->space.modules, word, &text))
		str_char(&text, '>');
	else
		str_truncate(&text, plain);
	return arena_strdup(node->node.arena, str_text(&text));
}

static char *register_text(struct register_node *node, const uint8_t *bytes)
{
	struct arena *arena = node->node.arena;
	const struct register_desc *desc = node->desc;
	uint64_t word = low_word(bytes, desc->size);
	size_t bit_count;
	if (register_bits(desc, &bit_count))
		return flags_text(arena, desc, word);
	switch (desc->kind) {
	case REGISTER_POINTER: return pointer_text(node, word);
	case REGISTER_VECTOR: return vector_text(arena, bytes, desc->size);
	case REGISTER_X87: {
		long double number = 0;
		memcpy(&number, bytes, desc->size < 10 ? desc->size : 10);
		return arena_printf(arena, "%.18Lg", number);
	}
	default: return arena_printf(arena, "0x%" PRIx64, word);
	}
}

static const char *register_type(struct arena *arena, const struct register_desc *desc)
{
	if (desc->kind == REGISTER_X87)
		return "long double";
	return arena_printf(arena, desc->kind == REGISTER_VECTOR ? "vec%u" : "uint%u_t", desc->size * 8);
}

static void add_parts(struct register_node *node, struct node_list *list)
{
	struct arena *arena = node->node.arena;
	for (int id = 0; id < REGISTER_COUNT; id++) {
		const struct register_desc *part = &register_descs[id];
		if (part->whole != node->desc->id)
			continue;
		struct register_node *child = make(node->context, &register_ops, part->name, arena_printf(arena, "$%s", part->name));
		child->desc = part;
		node_list_add(list, arena, &child->node);
	}
}

static void add_bits(struct register_node *node, struct node_list *list)
{
	size_t count;
	const struct register_bit *bits = register_bits(node->desc, &count);
	for (size_t i = 0; i < count; i++) {
		struct register_node *child = make(node->context, &bit_ops, bits[i].name, NULL);
		child->desc = node->desc;
		child->bit = &bits[i];
		node_list_add(list, node->node.arena, &child->node);
	}
}

static void add_lanes(struct register_node *node, struct node_list *list)
{
	struct arena *arena = node->node.arena;
	size_t count;
	const struct register_lane_kind *kinds = register_lane_kinds(&count);
	for (size_t i = 0; node->desc->kind == REGISTER_VECTOR && i < count; i++) {
		if (kinds[i].size > node->desc->size)
			continue;
		const char *name = arena_printf(arena, "v%u_%s", node->desc->size / kinds[i].size, kinds[i].element);
		struct register_node *child = make(node->context, &lanes_ops, name, arena_printf(arena, "$%s.%s", node->desc->name, name));
		child->desc = node->desc;
		child->lanes = &kinds[i];
		node_list_add(list, arena, &child->node);
	}
}

static void register_parts(struct register_node *node, struct node_list *list)
{
	add_bits(node, list);
	add_lanes(node, list);
	add_parts(node, list);
}

static struct error *register_children(struct node *base, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret,
				       size_t *count_ret)
{
	struct node_list list = { 0 };
	if (!is_indexed)
		register_parts((struct register_node *)base, &list);
	node_list_page(&list, start, count, nodes_ret, count_ret);
	return NULL;
}

// How many register_parts() gives, without making them.
static uint64_t part_count(const struct register_desc *desc)
{
	static uint8_t counts[REGISTER_COUNT];   // plus one; a fact about the table
	if (counts[desc->id])
		return counts[desc->id] - 1u;
	size_t bit_count;
	size_t lane_kinds;
	unsigned parts = 0;
	register_bits(desc, &bit_count);
	const struct register_lane_kind *kinds = register_lane_kinds(&lane_kinds);
	for (size_t i = 0; desc->kind == REGISTER_VECTOR && i < lane_kinds; i++)
		parts += kinds[i].size <= desc->size;
	for (int id = 0; id < REGISTER_COUNT; id++)
		parts += register_descs[id].whole == desc->id;
	counts[desc->id] = (uint8_t)(parts + bit_count + 1);
	return parts + bit_count;
}

static struct error *register_describe(struct node *base, const struct node_display *display, struct node_view *view_ret)
{
	struct register_node *node = (struct register_node *)base;
	uint8_t bytes[REGISTER_BYTES_MAX] = { 0 };
	(void)display;
	struct error *error = read_desc(node, bytes);
	if (error && (error->code == ERROR_UNAVAILABLE || error->code == ERROR_UNSUPPORTED)) {
		*view_ret = (struct node_view){ .value = "<not available>", .hints = NODE_HINT_READ_ONLY | NODE_HINT_FAILED };
		error_destroy(error);
		return NULL;
	}
	if (error)
		return error;
	struct node_view view = { .value = register_text(node, bytes), .type = register_type(base->arena, node->desc),
				  .named_children = part_count(node->desc) };
	if (node->desc->kind == REGISTER_POINTER) {
		view.has_memory = true;
		view.memory = low_word(bytes, node->desc->size);
	}
	*view_ret = view;
	return NULL;
}

// Hex digits of any length for the wide ones, else an expression.
static struct error *parse_wide(const char *text, uint8_t *bytes, size_t size)
{
	const char *digits = text + 2;
	size_t length = strspn(digits, "0123456789abcdefABCDEF");
	if (digits[length + strspn(digits + length, " ")] || length > size * 2)
		return error_create(ERROR_INVALID, "%s is no hexadecimal number of at most %zu bytes", text, size);
	memset(bytes, 0, size);
	for (size_t i = 0; i < length; i++) {
		char digit[2] = { digits[length - 1 - i], '\0' };
		bytes[i / 2] |= (uint8_t)(strtoul(digit, NULL, 16) << (i % 2 * 4));
	}
	return NULL;
}

static struct error *register_assign(struct node *base, const char *text)
{
	struct register_node *node = (struct register_node *)base;
	const struct register_desc *desc = node->desc;
	uint8_t bytes[REGISTER_BYTES_MAX] = { 0 };
	uint64_t integer;
	struct value value;
	double number;
	text += strspn(text, " \t");
	struct error *error;
	if (desc->size > 8 && desc->kind == REGISTER_VECTOR && str_starts(text, "0x")) {
		error = parse_wide(text, bytes, desc->size);
	} else if (desc->kind == REGISTER_X87) {
		error = inspect_evaluate(node->context, text, &value);
		if (!error)
			error = value_as_double(&node->context->eval, &value, &number);
		long double wide = error ? 0 : number;
		memcpy(bytes, &wide, 10);
	} else {
		error = inspect_integer(node->context, text, &integer);
		if (!error && desc->size < 8 && integer >> (desc->size * 8) && (int64_t)integer >> (desc->size * 8 - 1) != -1)
			error = error_create(ERROR_INVALID, "%s does not fit into the %u bits of %s", text, desc->size * 8, desc->name);
		if (!error)
			memcpy(bytes, &integer, desc->size < 8 ? desc->size : 8);
	}
	return error ? error : write_desc(node, bytes);
}

static const struct node_ops register_ops = { .describe = register_describe, .children = register_children, .assign = register_assign };

struct node *register_node_create(struct frame_context *context, const struct register_desc *desc)
{
	struct register_node *node = make(context, &register_ops, desc->name, arena_printf(context->eval.arena, "$%s", desc->name));
	node->desc = desc;
	return &node->node;
}

// ---- groups ---------------------------------------------------------------------------------------------------------------

// What XCR0 enables; wide registers that it does not are replaced by the widest part that it does.
static uint64_t enabled_features(struct frame_context *context)
{
	struct error *error = thread_fetch_block(context->thread, REGISTER_IN_XSTATE);
	error_destroy(error);
	return xstate_features(&context->thread->registers);
}

static const struct register_desc *widest_enabled(const struct register_desc *whole, uint64_t features)
{
	const struct register_desc *widest = NULL;
	for (int id = 0; id < REGISTER_COUNT; id++) {
		const struct register_desc *part = &register_descs[id];
		if ((part == whole || (part->whole == whole->id && !part->part_offset)) && !(part->xcr0 & ~features) &&
		    (!widest || part->size > widest->size))
			widest = part;
	}
	return widest;
}

// What stands in the group for this register: itself, its widest part that there is, or nothing.
static const struct register_desc *shown_in(enum register_group group, const struct register_desc *desc, uint64_t features)
{
	if (desc->group != group || desc->whole != REGISTER_NONE)
		return NULL;
	return desc->xcr0 & ~features ? widest_enabled(desc, features) : desc;
}

static unsigned group_count(enum register_group group, uint64_t features)
{
	unsigned count = 0;
	for (int id = 0; id < REGISTER_COUNT; id++)
		count += shown_in(group, &register_descs[id], features) != NULL;
	return count;
}

static struct error *group_describe(struct node *base, const struct node_display *display, struct node_view *view_ret)
{
	struct register_node *group = (struct register_node *)base;
	(void)display;
	*view_ret = (struct node_view){ .value = "", .named_children = group_count(group->group, enabled_features(group->context)),
					.hints = NODE_HINT_READ_ONLY };
	return NULL;
}

static struct error *group_children(struct node *base, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret,
				    size_t *count_ret)
{
	struct register_node *group = (struct register_node *)base;
	struct node_list list = { 0 };
	uint64_t features = enabled_features(group->context);
	for (int id = 0; !is_indexed && id < REGISTER_COUNT; id++) {
		const struct register_desc *shown = shown_in(group->group, &register_descs[id], features);
		if (shown)
			node_list_add(&list, base->arena, register_node_create(group->context, shown));
	}
	node_list_page(&list, start, count, nodes_ret, count_ret);
	return NULL;
}

static const struct node_ops group_ops = { .describe = group_describe, .children = group_children };

static struct error *groups_children(struct node *base, bool is_indexed, uint64_t start, uint64_t count, struct node ***nodes_ret,
				     size_t *count_ret)
{
	struct register_node *scope = (struct register_node *)base;
	struct node_list list = { 0 };
	uint64_t features = enabled_features(scope->context);
	for (int group = 0; !is_indexed && group < REGISTER_GROUP_COUNT; group++) {
		const char *name = group_names[group];
		if (!group_count((enum register_group)group, features))
			continue;
		if (group == REGISTER_GROUP_VECTOR && !(register_descs[REGISTER_ZMM0].xcr0 & ~features))
			name = "SSE/AVX/AVX-512";
		struct register_node *node = make(scope->context, &group_ops, name, NULL);
		node->group = (enum register_group)group;
		node_list_add(&list, base->arena, &node->node);
	}
	node_list_page(&list, start, count, nodes_ret, count_ret);
	return NULL;
}

static const struct node_ops scope_ops = { .describe = describe_as_group, .children = groups_children };

struct node *register_scope(struct frame_context *context)
{
	return &make(context, &scope_ops, "Registers", NULL)->node;
}
