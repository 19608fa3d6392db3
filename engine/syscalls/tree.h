// Private to tree.c and decode.c: the tree under construction.
#pragma once

#include "engine/syscalls/decode.h"

struct tree {
	struct arena *arena;
	struct syscall_value *root, *parent, **tail;
	unsigned count;
};

struct part tree_begin_value(const struct decode *decode, const char *name, uint64_t word, uint64_t place);
uint64_t tree_memory_size(const struct decode *decode);
