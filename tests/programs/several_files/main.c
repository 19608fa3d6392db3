// A program of several files: main, a list and a sum in their own.
#include "list.h"

int total;

int main(void)
{
	struct list *list = 0;

	for (int i = 1; i <= 3; i++)
		list = list_push(list, i);	// pushes
	total = list_sum(list);	// sums
	return total == 6 ? 0 : 1;	// returns
}
