// Types as the debugger sees them, made lazily from DWARF and cached for the life of their module. Immutable once handed
// out. Other languages map onto the same kinds; `language` tells the formatter whose syntax to use.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum type_kind {
	TYPE_VOID,
	TYPE_BOOL,
	TYPE_CHAR,             // char kinds, UTF kinds: `size` tells which
	TYPE_INTEGER,
	TYPE_FLOAT,            // 4, 8, 16 bytes (16: x87 80-bit long double, or _Float128 if is_float128)
	TYPE_COMPLEX,          // `target`: the part's type
	TYPE_ENUM,             // `target`: the underlying integer type or NULL
	TYPE_POINTER,
	TYPE_REFERENCE,        // & and && (is_rvalue)
	TYPE_MEMBER_POINTER,   // T C::*
	TYPE_ARRAY,            // one dimension: int a[2][3] is ARRAY(2) of ARRAY(3) of int
	TYPE_STRUCT,
	TYPE_CLASS,
	TYPE_UNION,
	TYPE_FUNCTION,         // `target`: return type; parameters
	TYPE_TYPEDEF,
	TYPE_CONST,
	TYPE_VOLATILE,
	TYPE_RESTRICT,
	TYPE_ATOMIC,
	TYPE_UNSPECIFIED,      // decltype(nullptr), Rust's !
};

enum language { LANGUAGE_C, LANGUAGE_CPP, LANGUAGE_RUST, LANGUAGE_OTHER };

struct type {
	enum type_kind kind;
	enum language language;
	const char *name;             // as DWARF names it, with namespaces ("std::string"); NULL if anonymous or derived
	uint64_t size;                // bytes; 0 if unknown or incomplete
	const struct type *target;    // see the kinds; NULL means void
	bool is_signed;               // INTEGER, CHAR, ENUM
	bool is_declaration;          // incomplete: type_resolve() may know more
	bool is_rvalue;
	bool is_vector;               // ARRAY: GNU vector type (DW_AT_GNU_vector)
	bool is_float128;
	bool is_variadic;             // FUNCTION
	bool has_count;               // ARRAY: `count` is known (else a flexible array or run-time bound)
	uint64_t count;               // ARRAY: elements
	int64_t lower_bound;          // ARRAY: index of the first (0 in C)
	struct module *module;        // NULL for the built-in ones
	uint64_t die_offset;          // where it comes from; 0 for derived and built-in ones
};

struct type_member {
	const char *name;             // NULL: anonymous struct or union, or a base class (see is_base)
	const struct type *type;
	uint64_t offset;              // bytes from the start of the containing type; for a bit field of its storage unit
	uint32_t bit_offset;          // bit fields: first bit from `offset` * 8, counted from the least significant bit
	uint32_t bit_size;            // 0: no bit field
	bool is_base;                 // base class (DW_TAG_inheritance)
	bool is_virtual_base;         // offset unknown without the vtable
	bool is_artificial;           // _vptr
	bool is_static;               // no offset: see modules_find_variable("Class::member")
	bool has_discriminant;        // Rust enum variant: present if the discriminant is `discriminant`
	bool is_default_variant;
	uint64_t discriminant;        // sign-extended if the discriminant's type is signed
	struct module *module;        // where it comes from, for member_locate(); NULL in derived types
	uint64_t die_offset;
};

struct type_enumerator {
	const char *name;
	int64_t value;
};

// Members of STRUCT, CLASS, UNION in declaration order, bases first; parameters of FUNCTION (type only, names may be
// NULL). Read on first use. The array belongs to the type.
const struct type_member *type_members(const struct type *type, size_t *count_ret);
const struct type_enumerator *type_enumerators(const struct type *type, size_t *count_ret);
// Rust enums: the member that holds the discriminant, or NULL if the type has no variants.
const struct type_member *type_discriminant(const struct type *type);

// Through typedefs and qualifiers. NULL (void) gives the void type, so the result is never NULL.
const struct type *type_strip(const struct type *type);
// The type that a class template was instantiated with: number `index` of all its arguments, those of a pack counted one by one. NULL
// if there is none or it is no type.
const struct type *type_template_argument(const struct type *type, size_t index);
// A declaration is looked up by name in all modules; returns the type itself if nothing better is known.
const struct type *type_resolve(const struct type *type);

bool type_is_scalar(const struct type *type);       // bool, char, integer, float, enum, pointer (after strip)
// A C++ class that cannot be copied by its bytes (Itanium C++ ABI, 3.1.1), itself or a part of it.
bool type_is_passed_by_reference(const struct type *type);
bool type_is_aggregate(const struct type *type);    // struct, class, union

// Derived and built-in types; cached, live as long as the program.
const struct type *type_void(void);
const struct type *type_builtin(enum type_kind kind, uint64_t size, bool is_signed, const char *name);
// An enum without debug information; one of each name. The enumerators must live as long as the program.
const struct type *type_enum_of(const char *name, uint64_t size, const struct type_enumerator *enumerators, size_t count);
const struct type *type_pointer_to(const struct type *target);
const struct type *type_array_of(const struct type *target, uint64_t count);
const struct type *type_function_returning(const struct type *result);   // without prototype
// Drops the derived types that mention types of `module` (before it is unloaded); all when NULL.
void type_forget_derived(const struct module *module);

// The C (or Rust) spelling: "const char *", "int [2][3]", "void (*)(int)". Owned by the caller.
char *type_name(const struct type *type);
// How a declaration of `name` would read: "int (*name)[3]". Owned by the caller.
char *type_declaration(const struct type *type, const char *name);
