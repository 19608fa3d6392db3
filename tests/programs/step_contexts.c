// Contexts that hand control on in a circle: makecontext (3), swapcontext (3). Two of them run the same code on stacks side by side.
#include <ucontext.h>

enum { CONTEXTS = 2, STACK = 16384, ROUNDS = 3 };
static ucontext_t home, contexts[CONTEXTS];
static char stacks[CONTEXTS][STACK];
static int counts[CONTEXTS], done;

static void hand_on(int id)
{
	ucontext_t *next = id + 1 < CONTEXTS ? &contexts[id + 1] : &home;
	swapcontext(&contexts[id], next);	// hands on
	done++;	// is back
}

static void circle(int id)
{
	for (;;) {
		counts[id]++;	// counts
		hand_on(id);	// calls hand_on
		counts[id] += 10;	// counts again
	}
}

int main(void)
{
	for (int i = 0; i < CONTEXTS; i++) {
		getcontext(&contexts[i]);
		contexts[i].uc_stack.ss_sp = stacks[i];
		contexts[i].uc_stack.ss_size = STACK;
		makecontext(&contexts[i], (void (*)(void))circle, 1, i);
	}
	for (int i = 0; i < ROUNDS; i++)
		swapcontext(&home, &contexts[0]);	// starts a round
	return done == CONTEXTS * (ROUNDS - 1) ? 3 : 4;	// ends
}
