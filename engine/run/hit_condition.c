// How often a breakpoint is to be met before it stops.
#include "engine/run/breakpoint_private.h"

#include <stdlib.h>

static const char *const hit_operators[] = { [HIT_FROM] = ">=", [HIT_EQUAL] = "==", [HIT_ABOVE] = ">", [HIT_BELOW] = "<",
					     [HIT_UP_TO] = "<=", [HIT_EVERY] = "%" };

static const char *skip_space(const char *text)
{
	while (*text == ' ' || *text == '\t')
		text++;
	return text;
}

struct error *hit_condition_parse(const char *text, struct hit_condition *condition_ret)
{
	struct hit_condition condition = { HIT_ALWAYS, 0 };
	const char *at = text ? skip_space(text) : "";
	if (!*at) {
		*condition_ret = condition;
		return NULL;
	}
	condition.kind = HIT_FROM;
	size_t longest = 0;
	for (size_t i = HIT_FROM; i < ARRAY_SIZE(hit_operators); i++) {
		size_t length = strlen(hit_operators[i]);
		if (length > longest && strncmp(at, hit_operators[i], length) == 0) {
			condition.kind = (enum hit_kind)i;
			longest = length;
		}
	}
	if (!longest && *at == '=') {
		condition.kind = HIT_EQUAL;
		longest = 1;
	}
	at = skip_space(at + longest);
	char *end;
	condition.count = strtoul(at, &end, 10);
	if (*at < '0' || *at > '9' || *skip_space(end) || (condition.kind == HIT_EVERY && !condition.count))
		return error_create(ERROR_INVALID, "the hit condition \"%s\" is not a number, or one of < <= == >= > %% with a number, such as \">= 5\"",
				    text);
	*condition_ret = condition;
	return NULL;
}

bool hit_condition_holds(const struct hit_condition *condition, unsigned long hits)
{
	switch (condition->kind) {
	case HIT_ALWAYS: return true;
	case HIT_FROM: return hits >= condition->count;
	case HIT_EQUAL: return hits == condition->count;
	case HIT_ABOVE: return hits > condition->count;
	case HIT_BELOW: return hits < condition->count;
	case HIT_UP_TO: return hits <= condition->count;
	case HIT_EVERY: return hits % condition->count == 0;
	}
	return true;
}
