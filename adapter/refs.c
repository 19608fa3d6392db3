#include "adapter/refs.h"

#include <inttypes.h>

enum {
	VARIABLE_BASE = 1,
	RESULT_BASE = 1 << 30,
	FRAME_BASE = 1,
};
#define REF_LIMIT ((uint32_t)1 << 31)

void refs_init(struct refs *refs)
{
	*refs = (struct refs){
		.variable_range = { VARIABLE_BASE, RESULT_BASE, VARIABLE_BASE },
		.result_range = { RESULT_BASE, REF_LIMIT, RESULT_BASE },
		.frame_range = { FRAME_BASE, REF_LIMIT, FRAME_BASE },
	};
}

void refs_deinit(struct refs *refs)
{
	vec_deinit(&refs->variables);
	vec_deinit(&refs->results);
	vec_deinit(&refs->frames);
	map_deinit(&refs->frame_ids);
	vec_each(source, &refs->sources)
		free(source->name);
	vec_deinit(&refs->sources);
	map_deinit(&refs->source_ids);
}

// The next stop's numbers go on where this one's ended; a range that is half used up begins anew, a day of stepping later.
static void range_end_stop(struct ref_range *range, size_t count)
{
	range->first += (uint32_t)count;
	if (range->first - range->base > (range->limit - range->base) / 2)
		range->first = range->base;
}

void refs_end_stop(struct refs *refs)
{
	range_end_stop(&refs->variable_range, refs->variables.count);
	range_end_stop(&refs->result_range, refs->results.count);
	range_end_stop(&refs->frame_range, refs->frames.count);
	refs->variables.count = refs->results.count = refs->frames.count = 0;
	if (refs->frame_ids.count) {
		map_deinit(&refs->frame_ids);
		refs->frame_ids = (struct map)MAP_INIT;
	}
}

// 0, "no children", if a single stop used up the range.
static bool range_is_full(const struct ref_range *range, size_t count)
{
	return count >= range->limit - range->first;
}

int refs_add_variable(struct refs *refs, const struct variable_ref *variable)
{
	bool is_result = variable->scope == VARIABLE_IN_RESULT && !variable->parent;
	struct ref_range *range = is_result ? &refs->result_range : &refs->variable_range;
	size_t count = is_result ? refs->results.count : refs->variables.count;
	if (range_is_full(range, count))
		return 0;
	*(is_result ? vec_push(&refs->results) : vec_push(&refs->variables)) = *variable;
	return (int)(range->first + count);
}

struct variable_ref refs_result(const struct frame_ref *frame, const char *expression, struct node *node)
{
	bool is_own = node->expression && str_equal(node->expression, expression);
	return (struct variable_ref){
		.node = node,
		.expression = is_own ? node->expression : arena_strdup(node->arena, expression),
		.frame = *frame,
		.scope = VARIABLE_IN_RESULT,
	};
}

struct variable_ref refs_child(const struct variable_ref *parent, int parent_id, struct node *node)
{
	struct variable_ref child = *parent;
	child.node = node;
	child.expression = node->expression;
	child.parent = parent_id;
	return child;
}

int refs_add_frame(struct refs *refs, pid_t tid, unsigned index)
{
	uint64_t key = (uint64_t)(uint32_t)tid << 32 | index;
	uintptr_t known = (uintptr_t)map_get(&refs->frame_ids, key);
	if (known)
		return (int)known;
	*vec_push(&refs->frames) = (struct frame_ref){ tid, index };
	int id = (int)(refs->frame_range.first + refs->frames.count - 1);
	map_set(&refs->frame_ids, key, (void *)(uintptr_t)id);
	return id;
}

int refs_add_source(struct refs *refs, uint64_t start, uint64_t pc, const char *name)
{
	uintptr_t known = (uintptr_t)map_get(&refs->source_ids, start);
	if (known)
		return (int)known;
	*vec_push(&refs->sources) = (struct source_ref){ start, pc, xstrdup(name) };
	int id = (int)refs->sources.count;
	map_set(&refs->source_ids, start, (void *)(uintptr_t)id);
	return id;
}

static struct error *range_find(const struct ref_range *range, size_t count, int64_t id, const char *what, size_t *index_ret)
{
	if (id >= range->base && id < range->first)
		return error_create(ERROR_STATE, "%s %" PRId64 " belongs to an earlier stop; the program has run since", what, id);
	if (id < range->first || id >= (int64_t)range->first + (int64_t)count)
		return error_create(ERROR_NOT_FOUND, "there is no %s %" PRId64, what, id);
	*index_ret = (size_t)(id - range->first);
	return NULL;
}

struct error *refs_variable(const struct refs *refs, int64_t id, struct variable_ref *variable_ret)
{
	bool is_result = id >= RESULT_BASE;
	const struct ref_range *range = is_result ? &refs->result_range : &refs->variable_range;
	size_t index;
	struct error *error =
		range_find(range, is_result ? refs->results.count : refs->variables.count, id, "variablesReference", &index);
	if (!error)
		*variable_ret = is_result ? refs->results.items[index] : refs->variables.items[index];
	return error;
}

struct error *refs_frame(const struct refs *refs, int64_t id, struct frame_ref *frame_ret)
{
	size_t index;
	struct error *error = range_find(&refs->frame_range, refs->frames.count, id, "frameId", &index);
	if (!error)
		*frame_ret = refs->frames.items[index];
	return error;
}

struct error *refs_source(const struct refs *refs, int64_t id, const struct source_ref **source_ret)
{
	if (id < 1 || id > (int64_t)refs->sources.count)
		return error_create(ERROR_NOT_FOUND, "there is no sourceReference %" PRId64, id);
	*source_ret = &refs->sources.items[id - 1];
	return NULL;
}
