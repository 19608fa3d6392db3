// Writes what an unwinder needs to see of this very process, as a core file would, to standard output:
//   "map" lines (/proc/self/maps), "registers" (17, DWARF order), "expect NAME HEX" lines that the program knows by construction,
//   "memory START SIZE" followed by the bytes (stack, alternate stack, vdso), "end".
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <execinfo.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

__attribute__((unused)) static void snapshot_expect(const char *name, const void *value)
{
	printf("expect %s %lx\n", name, (uintptr_t)value);
}

static void snapshot_registers(const greg_t *g)
{
	static const int order[] = { REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
				     REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP };
	printf("registers");
	for (int i = 0; i < 17; i++)
		printf(" %llx", g[order[i]]);
	printf("\n");
}

static void snapshot_memory(uintptr_t start, uintptr_t end)
{
	printf("memory %lx %lx\n", start, end - start);
	fwrite((void *)start, 1, end - start, stdout);
	printf("\n");
}

// Dumps the vdso and every mapping one of the `count` addresses lies in.
static void snapshot_maps(const uintptr_t *addresses, int count)
{
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof(line), maps)) {
		uintptr_t start, end;
		if (sscanf(line, "%lx-%lx", &start, &end) != 2)
			continue;
		printf("map %s", line);
		int wanted = strstr(line, "[vdso]") != NULL;
		for (int i = 0; i < count; i++)
			wanted |= addresses[i] >= start && addresses[i] < end;
		if (wanted)
			snapshot_memory(start, end);
	}
	fclose(maps);
}

// The stack this runs on, and the main thread's (where the environment is).
__attribute__((unused, noinline)) static void snapshot_take(void)
{
	static void *chain[200000];
	ucontext_t context;
	int count = backtrace(chain, 200000);
	getcontext(&context);
	snapshot_registers(context.uc_mcontext.gregs);
	for (int i = 1; i < count; i++)
		printf("expect chain %lx\n", (uintptr_t)chain[i]);
	const uintptr_t stacks[] = { (uintptr_t)&context, (uintptr_t)environ };
	snapshot_maps(stacks, 2);
	printf("end\n");
	fflush(stdout);
}
