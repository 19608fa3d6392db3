// An instruction's text, close to what `objdump -d -M intel` prints (or without -M: AT&T).
#include "engine/arch/decode.h"

#include <pthread.h>
#include <string.h>

#include "base/memory.h"

enum { MNEMONIC_WIDTH = 6 };   // operands start in column 7, as objdump has it

static ZydisFormatter formatters[2];

static void formatter_init(ZydisFormatter *formatter, ZydisFormatterStyle style)
{
	ZydisFormatterInit(formatter, style);
	ZydisFormatterSetProperty(formatter, ZYDIS_FORMATTER_PROP_FORCE_SIZE, style == ZYDIS_FORMATTER_STYLE_INTEL);
	ZydisFormatterSetProperty(formatter, ZYDIS_FORMATTER_PROP_FORCE_RELATIVE_RIPREL, ZYAN_TRUE);
	ZydisFormatterSetProperty(formatter, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE);
	ZydisFormatterSetProperty(formatter, ZYDIS_FORMATTER_PROP_IMM_SIGNEDNESS, ZYDIS_SIGNEDNESS_UNSIGNED);
	ZydisFormatterSetProperty(formatter, ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE, (ZyanUPointer)ZYDIS_PADDING_DISABLED);
	ZydisFormatterSetProperty(formatter, ZYDIS_FORMATTER_PROP_ADDR_PADDING_RELATIVE, (ZyanUPointer)ZYDIS_PADDING_DISABLED);
	ZydisFormatterSetProperty(formatter, ZYDIS_FORMATTER_PROP_DISP_PADDING, (ZyanUPointer)ZYDIS_PADDING_DISABLED);
	ZydisFormatterSetProperty(formatter, ZYDIS_FORMATTER_PROP_IMM_PADDING, (ZyanUPointer)ZYDIS_PADDING_DISABLED);
}

static void formatters_init(void)
{
	formatter_init(&formatters[SYNTAX_INTEL], ZYDIS_FORMATTER_STYLE_INTEL);
	formatter_init(&formatters[SYNTAX_ATT], ZYDIS_FORMATTER_STYLE_ATT);
}

static const ZydisFormatter *formatter_of(enum instruction_syntax syntax)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, formatters_init);
	return &formatters[syntax];
}

// The GNU tools' names where Zydis uses the other of two synonyms.
static const char *gnu_name(const ZydisDecodedInstruction *info)
{
	if (info->mnemonic == ZYDIS_MNEMONIC_MOV && (info->raw.imm[0].size == 64 || info->raw.disp.size == 64))
		return "movabs";
	switch (info->mnemonic) {
	case ZYDIS_MNEMONIC_JZ: return "je";
	case ZYDIS_MNEMONIC_JNZ: return "jne";
	case ZYDIS_MNEMONIC_JNB: return "jae";
	case ZYDIS_MNEMONIC_JNBE: return "ja";
	case ZYDIS_MNEMONIC_JNL: return "jge";
	case ZYDIS_MNEMONIC_JNLE: return "jg";
	case ZYDIS_MNEMONIC_SETZ: return "sete";
	case ZYDIS_MNEMONIC_SETNZ: return "setne";
	case ZYDIS_MNEMONIC_SETNB: return "setae";
	case ZYDIS_MNEMONIC_SETNBE: return "seta";
	case ZYDIS_MNEMONIC_SETNL: return "setge";
	case ZYDIS_MNEMONIC_SETNLE: return "setg";
	case ZYDIS_MNEMONIC_CMOVZ: return "cmove";
	case ZYDIS_MNEMONIC_CMOVNZ: return "cmovne";
	case ZYDIS_MNEMONIC_CMOVNB: return "cmovae";
	case ZYDIS_MNEMONIC_CMOVNBE: return "cmova";
	case ZYDIS_MNEMONIC_CMOVNL: return "cmovge";
	case ZYDIS_MNEMONIC_CMOVNLE: return "cmovg";
	default: return NULL;
	}
}

// The token is Zydis's name, in AT&T syntax with a size suffix.
static void add_mnemonic(const ZydisDecodedInstruction *info, const char *token, size_t line, struct str *text)
{
	const char *name = gnu_name(info);
	const char *theirs = ZydisMnemonicGetString(info->mnemonic);
	if (name && theirs && str_starts(token, theirs)) {
		str_add(text, name);
		str_add(text, token + strlen(theirs));
	} else {
		str_add(text, token);
	}
	while (text->length - line < MNEMONIC_WIDTH)
		str_char(text, ' ');
}

static void add_address(uint64_t address, instruction_symbolise_fn symbolise, void *data, struct str *text)
{
	str_hex(text, address);
	if (!symbolise)
		return;
	size_t before = text->length;
	str_add(text, " <");
	if (symbolise(data, address, text))
		str_char(text, '>');
	else
		str_truncate(text, before);
}

// A long nop's register operand is an accident of its encoding.
static bool decode_shown(const struct instruction *instruction, struct decoded *decoded)
{
	if (!decode_full(instruction->bytes, instruction->length, decoded))
		return false;
	if (decoded->info.mnemonic == ZYDIS_MNEMONIC_NOP && decoded->info.operand_count_visible > 1)
		decoded->info.operand_count_visible = 1;
	return true;
}

static void trim(struct str *text)
{
	while (text->length > 0 && text->data[text->length - 1] == ' ')
		str_truncate(text, text->length - 1);
}

void instruction_format(const struct instruction *instruction, enum instruction_syntax syntax,
			instruction_symbolise_fn symbolise, void *data, struct str *text)
{
	struct decoded decoded;
	char buffer[512];
	const ZydisFormatterToken *token;
	if (!decode_shown(instruction, &decoded) ||
	    !ZYAN_SUCCESS(ZydisFormatterTokenizeInstruction(formatter_of(syntax), &decoded.info, decoded.operands,
							    decoded.info.operand_count_visible, buffer, sizeof(buffer),
							    instruction->address, &token, NULL))) {
		str_add(text, "(bad)");
		return;
	}
	size_t line = text->length;
	do {
		ZydisTokenType type;
		const char *value;
		if (!ZYAN_SUCCESS(ZydisFormatterTokenGetValue(token, &type, &value)))
			break;
		if (type == ZYDIS_TOKEN_MNEMONIC)
			add_mnemonic(&decoded.info, value, line, text);
		else if (type == ZYDIS_TOKEN_ADDRESS_ABS && instruction->has_target)
			add_address(instruction->target, symbolise, data, text);
		else
			str_add(text, value);
	} while (ZYAN_SUCCESS(ZydisFormatterTokenNext(&token)));
	trim(text);
	if (instruction->is_rip_relative) {
		str_add(text, "  # ");
		add_address(decoded_rip_target(&decoded.info, instruction->address), symbolise, data, text);
	}
}
