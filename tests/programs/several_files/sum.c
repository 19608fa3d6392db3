#include "list.h"

static int total;

int list_sum(const struct list *list)
{
	for (total = 0; !list_is_empty(list); list = list->next)	// walks
		total += list->value;	// adds
	return total;	// summed
}
