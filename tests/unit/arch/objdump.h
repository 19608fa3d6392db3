// What objdump says of a program's .text, one instruction a line.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct objdump_line {
	uint64_t address;
	size_t length;
	uint8_t bytes[16];
	char text[256];
};

static inline FILE *objdump_open(const char *program)
{
	char command[512];
	snprintf(command, sizeof(command), "objdump -d -w -M intel -j .text %s 2>/dev/null", program);
	return popen(command, "r");
}

// "    2004:\t48 8b 05 bd 6f 00 00 \tmov    rax,QWORD PTR [rip+0x6fbd]        # 8fc8 <x>"
static inline bool objdump_parse(char *line, struct objdump_line *result)
{
	char *colon = strstr(line, ":\t");
	char *text = colon ? strchr(colon + 2, '\t') : NULL;
	if (!text)
		return false;
	char *end = colon + 2;
	result->address = strtoull(line, NULL, 16);
	for (result->length = 0; result->length < sizeof(result->bytes); result->length++) {
		char *start = end;
		unsigned long byte = strtoul(start, &end, 16);
		if (end == start || end > text)
			break;
		result->bytes[result->length] = (uint8_t)byte;
	}
	snprintf(result->text, sizeof(result->text), "%s", text + 1);
	result->text[strcspn(result->text, "\n")] = 0;
	return result->length > 0;
}

static inline bool objdump_next(FILE *file, struct objdump_line *result)
{
	char line[512];
	while (fgets(line, sizeof(line), file))
		if (objdump_parse(line, result))
			return true;
	return false;
}
