#include "dap/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const void *bytes, size_t length, struct str *text)
{
	const uint8_t *in = bytes;
	if (length)
		str_reserve(text, (length + 2) / 3 * 4);
	for (size_t i = 0; i < length; i += 3) {
		size_t rest = length - i;
		uint32_t group = (uint32_t)in[i] << 16;
		group |= rest > 1 ? (uint32_t)in[i + 1] << 8 : 0;
		group |= rest > 2 ? in[i + 2] : 0;
		char quad[4] = {
			alphabet[group >> 18],
			alphabet[group >> 12 & 63],
			rest > 1 ? alphabet[group >> 6 & 63] : '=',
			rest > 2 ? alphabet[group & 63] : '=',
		};
		str_append(text, quad, sizeof(quad));
	}
}

static int value_of(char digit)
{
	if (digit >= 'A' && digit <= 'Z')
		return digit - 'A';
	if (digit >= 'a' && digit <= 'z')
		return digit - 'a' + 26;
	if (digit >= '0' && digit <= '9')
		return digit - '0' + 52;
	return digit == '+' ? 62 : digit == '/' ? 63 : -1;
}

static struct error *decode_quad(const char *quad, size_t digits, size_t offset, struct str *bytes)
{
	uint32_t group = 0;
	for (size_t i = 0; i < digits; i++) {
		int value = value_of(quad[i]);
		if (value < 0)
			return error_create(ERROR_INVALID, "no base64: character %zu does not belong there", offset + i + 1);
		group |= (uint32_t)value << (18 - 6 * i);
	}
	if (digits == 1)
		return error_create(ERROR_INVALID, "no base64: it ends within a byte");
	uint8_t out[3] = { (uint8_t)(group >> 16), (uint8_t)(group >> 8), (uint8_t)group };
	str_append(bytes, out, digits - 1);
	return NULL;
}

struct error *base64_decode(const char *text, struct str *bytes)
{
	size_t length = strlen(text);
	if (length % 4 == 0)
		for (int i = 0; i < 2 && length > 0 && text[length - 1] == '='; i++)
			length--;
	size_t start = bytes->length;
	if (length)
		str_reserve(bytes, length / 4 * 3 + 3);
	for (size_t i = 0; i < length; i += 4) {
		struct error *error = decode_quad(text + i, length - i < 4 ? length - i : 4, i, bytes);
		if (error) {
			str_truncate(bytes, start);
			return error;
		}
	}
	return NULL;
}
