// Base64 (RFC 4648, section 4), as readMemory and writeMemory carry bytes.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

void base64_encode(const void *bytes, size_t length, struct str *text);
// Appends the bytes. ERROR_INVALID names the offset of what does not belong; `bytes` is then as it was. Padding may be missing.
struct error *base64_decode(const char *text, struct str *bytes);
