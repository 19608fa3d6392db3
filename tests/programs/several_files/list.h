#pragma once

struct list {
	int value;
	struct list *next;
};

struct list *list_push(struct list *rest, int value);
int list_sum(const struct list *list);

static inline int list_is_empty(const struct list *list)
{
	return list == 0;	// in header
}
