// What a program was executed with, found on the stack of the new image: the System V ABI's initial process stack. For the return of an
// execve whose entry nobody saw, as that of a launched program: the old image is gone, and the registers are those of the new one.
#include "engine/syscalls/decode.h"

enum { ENVIRONMENT_MAX = 1 << 16, AUXILIARY_MAX = 64, AUXILIARY_EXECFN = 31 };

// The word behind the NULL that ends an array of pointers; 0 if it does not end.
static uint64_t behind_list(const struct decode *decode, uint64_t address)
{
	unsigned word = decode_word_size(decode);
	uint64_t item;
	for (unsigned i = 0; i < ENVIRONMENT_MAX && decode_read_word(decode, address, &item); i++) {
		address += word;
		if (!item)
			return address;
	}
	return 0;
}

static uint64_t auxiliary_value(const struct decode *decode, uint64_t address, uint64_t wanted)
{
	unsigned word = decode_word_size(decode);
	uint64_t type, value;
	for (unsigned i = 0; i < AUXILIARY_MAX && decode_read_word(decode, address, &type) && type; i++, address += 2 * word)
		if (type == wanted && decode_read_word(decode, address + word, &value))
			return value;
	return 0;
}

uint64_t image_argument(const struct decode *decode, enum kind_id kind)
{
	uint64_t arguments = decode->event->sp + decode_word_size(decode);
	uint64_t environment = decode->event->sp ? behind_list(decode, arguments) : 0;
	switch (kind) {
	case KIND_string_list: return environment ? arguments : 0;
	case KIND_environment: return environment;
	case KIND_path: return environment ? auxiliary_value(decode, behind_list(decode, environment), AUXILIARY_EXECFN) : 0;
	default: return 0;
	}
}
