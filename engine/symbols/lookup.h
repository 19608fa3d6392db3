// Private to lookup.c and base_type.c.
#pragma once

#include "engine/symbols/type.h"

#define BASE_SPELLINGS 4

// A base type of C as a user writes it ("unsigned long", "long unsigned int", "short"): the built-in type, and the ways in which gcc
// and clang spell it in DWARF (the rest NULL). NULL if it is none.
const struct type *base_type_spellings(const char *name, const char *spellings_ret[BASE_SPELLINGS]);
