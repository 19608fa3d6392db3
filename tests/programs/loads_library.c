// Loads the library named by the first argument and calls what is in it.
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;	// loads
	int (*answer)(int);

	if (!library)
		return puts(dlerror()), 1;
	*(void **)&answer = dlsym(library, "library_answer");
	printf("%d\n", answer(20));	// calls
	dlclose(library);
	return 0;	// closed
}
