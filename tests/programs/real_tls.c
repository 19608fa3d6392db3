// Thread-local variables of the program and of a library that is loaded late; one thread never uses the library's.
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

struct pair { int a, b; };
static __thread int mine = 1;
static __thread struct pair pairs[2];
__thread char name[16] = "none";
static pthread_barrier_t barrier;
static const char *path;

static void *run(void *argument)
{
	int number = *(int *)argument;
	int (*add)(int);
	mine = number * 10;
	pairs[1].b = number;
	snprintf(name, sizeof(name), "thread %d", number);
	pthread_barrier_wait(&barrier);
	if (number == 2) {
		*(void **)&add = dlsym(dlopen(path, RTLD_NOW), "library_add");
		mine += add(2);
	}
	pthread_barrier_wait(&barrier);
	return NULL;	// both alive
}

int main(int argc, char **argv)
{
	int numbers[2] = {1, 2};
	pthread_t threads[2];
	path = argc > 1 ? argv[1] : "";
	pthread_barrier_init(&barrier, NULL, 2);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, run, &numbers[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return mine - 1;
}
