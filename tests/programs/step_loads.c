// As loads_library, but binds lazily: the first call of each function goes through the run-time linker.
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	void *library = argc > 1 ? dlopen(argv[1], RTLD_LAZY) : NULL;	// loads
	if (!library)
		return puts(dlerror()), 1;
	int (*answer)(int) = (int (*)(int))dlsym(library, "library_answer");
	printf("%d\n", answer(1));	// calls
	return 0;
}
