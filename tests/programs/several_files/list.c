#include <stdlib.h>

#include "list.h"

struct list *list_push(struct list *rest, int value)
{
	struct list *list = malloc(sizeof *list);	// allocates
	list->value = value;
	list->next = rest;
	return list;	// pushed
}
