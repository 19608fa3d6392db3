#include "engine/arch/instruction.h"

#include <cpuid.h>
#include <pthread.h>

#include "base/memory.h"
#include "engine/arch/decode.h"

static ZydisDecoder decoder;
static bool heeds_operand_size;

// AMD heeds 66 before a near branch (16-bit target), Intel ignores it: lengths and targets differ (AMD APM vol. 3, 1.2.7).
static bool processor_is_amd(void)
{
	unsigned max, ebx, ecx, edx;
	if (!__get_cpuid(0, &max, &ebx, &ecx, &edx))
		return false;
	return ebx == signature_AMD_ebx || ebx == 0x6f677948;   // "Auth"enticAMD, "Hygo"nGenuine
}

static void decoder_init(void)
{
	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	heeds_operand_size = processor_is_amd();
	ZydisDecoderEnableMode(&decoder, ZYDIS_DECODER_MODE_AMD_BRANCHES, heeds_operand_size);
}

static const ZydisDecoder *shared_decoder(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, decoder_init);
	return &decoder;
}

bool decode_info(const uint8_t *bytes, size_t size, ZydisDecodedInstruction *info)
{
	return ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(shared_decoder(), NULL, bytes, size, info));
}

bool decode_full(const uint8_t *bytes, size_t size, struct decoded *decoded)
{
	return ZYAN_SUCCESS(ZydisDecoderDecodeFull(shared_decoder(), bytes, size, &decoded->info, decoded->operands));
}

bool decoded_is_rip_relative(const ZydisDecodedInstruction *info)
{
	return (info->attributes & ZYDIS_ATTRIB_HAS_MODRM) && info->raw.modrm.mod == 0 && info->raw.modrm.rm == 5 &&
	       info->raw.disp.size == 32;
}

uint64_t decoded_rip_target(const ZydisDecodedInstruction *info, uint64_t address)
{
	uint64_t target = address + info->length + (uint64_t)info->raw.disp.value;
	return info->address_width == 32 ? (uint32_t)target : target;
}

unsigned decoded_transfer_width(const ZydisDecodedInstruction *info)
{
	bool is_short = (info->attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE) && !info->raw.rex.W;
	return is_short && heeds_operand_size ? 16 : 64;
}

static enum instruction_class classify(const ZydisDecodedInstruction *info)
{
	bool is_far = info->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR;
	switch (info->mnemonic) {
	case ZYDIS_MNEMONIC_CALL:
		return is_far ? INSTRUCTION_OTHER : INSTRUCTION_CALL;
	case ZYDIS_MNEMONIC_JMP:
		return is_far ? INSTRUCTION_OTHER : INSTRUCTION_JUMP;
	case ZYDIS_MNEMONIC_RET:
		return is_far ? INSTRUCTION_OTHER : INSTRUCTION_RETURN;
	case ZYDIS_MNEMONIC_SYSCALL:
	case ZYDIS_MNEMONIC_SYSENTER:
		return INSTRUCTION_SYSCALL;
	case ZYDIS_MNEMONIC_INT:
		return info->raw.imm[0].value.u == 0x80 ? INSTRUCTION_SYSCALL : INSTRUCTION_TRAP;
	case ZYDIS_MNEMONIC_INT3:
	case ZYDIS_MNEMONIC_INT1:
	case ZYDIS_MNEMONIC_UD0:
	case ZYDIS_MNEMONIC_UD1:
	case ZYDIS_MNEMONIC_UD2:
	case ZYDIS_MNEMONIC_HLT:
		return INSTRUCTION_TRAP;
	case ZYDIS_MNEMONIC_PUSHF:
	case ZYDIS_MNEMONIC_PUSHFQ:
		return INSTRUCTION_PUSHF;
	case ZYDIS_MNEMONIC_POPF:
	case ZYDIS_MNEMONIC_POPFQ:
	case ZYDIS_MNEMONIC_IRET:
	case ZYDIS_MNEMONIC_IRETD:
	case ZYDIS_MNEMONIC_IRETQ:
		return INSTRUCTION_POPF;
	case ZYDIS_MNEMONIC_XBEGIN:
		return INSTRUCTION_OTHER;   // Zydis counts it among the conditional branches
	default:
		break;
	}
	if (info->meta.category == ZYDIS_CATEGORY_COND_BR)
		return INSTRUCTION_BRANCH;
	if (info->attributes & ZYDIS_ATTRIB_IS_PRIVILEGED)
		return INSTRUCTION_TRAP;
	return INSTRUCTION_OTHER;
}

static bool is_straight(const ZydisDecodedInstruction *info, enum instruction_class class)
{
	const ZydisInstructionAttributes repeats = ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE;
	return class == INSTRUCTION_OTHER && info->meta.branch_type == ZYDIS_BRANCH_TYPE_NONE && !(info->attributes & repeats) &&
	       info->mnemonic != ZYDIS_MNEMONIC_XBEGIN;
}

static bool is_near_transfer(enum instruction_class class)
{
	return class == INSTRUCTION_CALL || class == INSTRUCTION_JUMP || class == INSTRUCTION_BRANCH;
}

struct error *instruction_decode(const uint8_t *bytes, size_t size, uint64_t address, struct instruction *instruction_ret)
{
	ZydisDecodedInstruction info;
	if (!decode_info(bytes, size < INSTRUCTION_MAX ? size : INSTRUCTION_MAX, &info))
		return error_create(ERROR_FORMAT, "no instruction at 0x%llx", (unsigned long long)address);
	enum instruction_class class = classify(&info);
	struct instruction result = {
		.address = address,
		.length = info.length,
		.class = class,
		.is_straight = is_straight(&info, class),
		.is_rip_relative = decoded_is_rip_relative(&info),
		.has_target = is_near_transfer(class) && info.raw.imm[0].is_relative,
	};
	result.is_indirect = is_near_transfer(class) && !result.has_target;
	if (result.has_target) {
		result.target = address + info.length + info.raw.imm[0].value.u;
		if (decoded_transfer_width(&info) == 16)
			result.target &= 0xffff;
	}
	memcpy(result.bytes, bytes, info.length);
	*instruction_ret = result;
	return NULL;
}

// A byte that starts no instruction counts as one of its own, as disassemblers show it. One that starts an instruction
// whose end is not among the bytes gets a length that leads past them.
static size_t length_at(const uint8_t *bytes, size_t size)
{
	ZydisDecodedInstruction info;
	size_t limit = size < INSTRUCTION_MAX ? size : INSTRUCTION_MAX;
	ZyanStatus status = ZydisDecoderDecodeInstruction(shared_decoder(), NULL, bytes, limit, &info);
	if (status == ZYDIS_STATUS_NO_MORE_DATA)
		return limit + 1;
	return ZYAN_SUCCESS(status) ? info.length : 1;
}

// The last `count` of a row of numbers, whatever its length.
struct tail {
	uint64_t *items;
	size_t capacity;
	size_t total;
};

static void tail_push(struct tail *tail, uint64_t item)
{
	tail->items[tail->total++ % tail->capacity] = item;
}

static void reverse(uint64_t *items, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		uint64_t other = items[count - 1 - i];
		items[count - 1 - i] = items[i];
		items[i] = other;
	}
}

// Rotates the ring so that the oldest comes first.
static size_t tail_straighten(struct tail *tail)
{
	if (tail->total <= tail->capacity)
		return tail->total;
	size_t oldest = tail->total % tail->capacity;
	reverse(tail->items, oldest);
	reverse(tail->items + oldest, tail->capacity - oldest);
	reverse(tail->items, tail->capacity);
	return tail->capacity;
}

static bool sweep(const uint8_t *bytes, uint64_t start, size_t size, struct tail *tail)
{
	size_t offset = 0;
	while (offset < size) {
		tail_push(tail, start + offset);
		offset += length_at(bytes + offset, size - offset);
	}
	return offset == size;
}

// x86 code read from a wrong byte falls into step after a few instructions. So every offset of a window before `size`
// votes for the one its instruction leads to; walking back from the end along the most votes gives the likely chain.
static size_t vote(const uint8_t *bytes, uint64_t start, size_t size, uint64_t *starts, size_t count)
{
	enum { WINDOW_EXTRA = 128 };
	size_t window = size;
	if (count < (SIZE_MAX - WINDOW_EXTRA) / INSTRUCTION_MAX && count * INSTRUCTION_MAX + WINDOW_EXTRA < size)
		window = count * INSTRUCTION_MAX + WINDOW_EXTRA;
	const uint8_t *base = bytes + (size - window);
	_cleanup_free_ uint32_t *votes = xcalloc(window + 1, sizeof(*votes));
	_cleanup_free_ uint8_t *lengths = xcalloc(window, sizeof(*lengths));
	for (size_t i = 0; i < window; i++) {
		lengths[i] = (uint8_t)length_at(base + i, window - i);
		if (i + lengths[i] <= window)
			votes[i + lengths[i]] += votes[i] + 1;
	}
	size_t found = 0;
	for (size_t end = window; end > 0 && found < count;) {
		size_t best = end;
		for (size_t i = end > INSTRUCTION_MAX ? end - INSTRUCTION_MAX : 0; i < end; i++)
			if (i + lengths[i] == end && (best == end || votes[i] > votes[best]))
				best = i;
		if (best == end)
			break;
		starts[found++] = start + (size - window) + best;
		end = best;
	}
	reverse(starts, found);
	return found;
}

size_t instruction_starts_before(const uint8_t *bytes, uint64_t start, uint64_t address, uint64_t *starts, size_t count)
{
	if (address <= start || count == 0)
		return 0;
	size_t size = address - start;
	struct tail tail = { starts, count, 0 };
	if (sweep(bytes, start, size, &tail))
		return tail_straighten(&tail);
	return vote(bytes, start, size, starts, count);
}
