// What is to be launched: the program's file, its argument vector and its environment.
#pragma once

#include "engine/debugger.h"

// Finds it (a bare name in the working directory if one is named, or else as execvp (3) does) and checks what would make execve (2) fail.
// *program_ret: its path, owned by the caller.
struct error *program_find(const struct launch_spec *spec, char **program_ret);
// Vectors for execve; the strings stay whose they are. To be freed.
char **program_argv(const char *name, const char *const *arguments);
// This process's environment with the changes of launch_spec.environment.
char **program_environment(const char *const *changes);
