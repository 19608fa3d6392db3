// exec of the program and arguments that follow, from a second thread if the first argument is "thread".
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void *runs(void *argv)
{
	execv(((char **)argv)[0], argv);	// execs
	perror("execv");
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "thread") == 0) {
		pthread_t thread;
		pthread_create(&thread, NULL, runs, argv + 2);
		pthread_join(thread, NULL);
	} else if (argc > 1) {
		runs(argv + 1);
	}
	return 1;
}
