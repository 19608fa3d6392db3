// .gnu_debugdata (gdb manual, "MiniDebugInfo"): an ELF file packed by xz in the program, with the symbols that a distribution stripped.
#include <lzma.h>

#include "engine/symbols/private.h"

enum { IMAGE_LIMIT = 256 * 1024 * 1024, MEMORY_LIMIT = 256 * 1024 * 1024 };

// The whole of what is packed; false if it is broken or absurdly big.
static bool unpack(struct section_bytes packed, struct str *image)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	uint8_t block[65536];
	if (lzma_stream_decoder(&stream, MEMORY_LIMIT, LZMA_CONCATENATED) != LZMA_OK)
		return false;
	stream.next_in = packed.at;
	stream.avail_in = packed.size;
	lzma_ret state = LZMA_OK;
	while (state == LZMA_OK && image->length < IMAGE_LIMIT) {
		stream.next_out = block;
		stream.avail_out = sizeof(block);
		state = lzma_code(&stream, LZMA_FINISH);
		str_append(image, block, sizeof(block) - stream.avail_out);
	}
	lzma_end(&stream);
	return state == LZMA_STREAM_END;
}

Elf *module_minidebug_elf(struct module *module)
{
	struct module_symbols *symbols = module->symbols;
	if (symbols->is_minidebug_read)
		return symbols->minidebug_elf;
	symbols->is_minidebug_read = true;
	struct section_bytes packed = elf_section_bytes(symbols->elf, ".gnu_debugdata");
	_cleanup_str_ struct str image = STR_INIT;
	if (!packed.size || !unpack(packed, &image))
		return NULL;
	size_t size = image.length;
	symbols->minidebug_image = str_take(&image);
	symbols->minidebug_elf = elf_memory(symbols->minidebug_image, size);
	return symbols->minidebug_elf;
}
