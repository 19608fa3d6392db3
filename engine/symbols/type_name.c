// How a type is spelled: C and C++ declarators (C17, 6.7.6) read from the name outwards, and Rust.
#include <ctype.h>

#include "engine/symbols/lookup.h"
#include "engine/symbols/type_private.h"

#define DEPTH_LIMIT 64
#define PART_LIMIT 4096

// Parts that the present name may still have: broken DWARF can make function types that are their own parameters.
static _Thread_local unsigned parts_left;

static char *spell(const struct type *type, const char *declarator, unsigned depth);

// ---- C and C++ ---------------------------------------------------------------------------------------------------

// "long unsigned int", as gcc has it, is unsigned long to everybody else.
static const char *usual_name(const struct type *type)
{
	const char *spellings[BASE_SPELLINGS];
	bool is_base = type->kind == TYPE_INTEGER || type->kind == TYPE_CHAR || type->kind == TYPE_FLOAT;
	const struct type *usual = is_base && type->language != LANGUAGE_OTHER ? base_type_spellings(type->name, spellings) : NULL;
	return usual ? usual->name : type->name;
}

static char *base_name(const struct type *type, unsigned depth)
{
	const char *keyword = "";
	switch (type->kind) {
	case TYPE_STRUCT: keyword = "struct "; break;
	case TYPE_CLASS: keyword = "class "; break;
	case TYPE_UNION: keyword = "union "; break;
	case TYPE_ENUM: keyword = "enum "; break;
	case TYPE_COMPLEX:
		if (!type->name) {
			_cleanup_free_ char *part = spell(type->target, "", depth + 1);
			return xasprintf("_Complex %s", part);
		}
		break;
	default: break;
	}
	if (!type->name)
		return *keyword ? xasprintf("%s{...}", keyword) : xstrdup("<unnamed type>");
	bool needs_keyword = type->language == LANGUAGE_C && type->module;
	return xasprintf("%s%s", needs_keyword ? keyword : "", usual_name(type));
}

static bool is_qualifier(const struct type *type)
{
	return type && (type->kind == TYPE_CONST || type->kind == TYPE_VOLATILE || type->kind == TYPE_RESTRICT ||
			type->kind == TYPE_ATOMIC);
}

struct qualifiers {
	bool is_const, is_volatile, is_restrict, is_atomic;
};

static const struct type *take_qualifiers(const struct type *type, struct qualifiers *qualifiers, unsigned *depth)
{
	for (; is_qualifier(type) && *depth < DEPTH_LIMIT; type = type->target, (*depth)++) {
		qualifiers->is_const |= type->kind == TYPE_CONST;
		qualifiers->is_volatile |= type->kind == TYPE_VOLATILE;
		qualifiers->is_restrict |= type->kind == TYPE_RESTRICT;
		qualifiers->is_atomic |= type->kind == TYPE_ATOMIC;
	}
	return type;
}

// "const volatile", without blanks around.
static void qualifiers_add(const struct qualifiers *qualifiers, struct str *text)
{
	const struct {
		bool is_set;
		const char *word;
	} words[] = { { qualifiers->is_const, "const" }, { qualifiers->is_volatile, "volatile" },
		      { qualifiers->is_restrict, "restrict" }, { qualifiers->is_atomic, "_Atomic" } };
	size_t start = text->length;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].is_set)
			str_printf(text, "%s%s", text->length > start ? " " : "", words[i].word);
}

static char *spell_parameters(const struct type *type, const char *declarator, unsigned depth)
{
	size_t count = 0;
	const struct type_member *parameters = type_members(type, &count);
	_cleanup_str_ struct str text = STR_INIT;
	str_printf(&text, "%s(", declarator);
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *parameter = spell(parameters[i].type, "", depth + 1);
		str_printf(&text, "%s%s", i ? ", " : "", parameter);
	}
	bool is_prototyped = type_node(type)->is_prototyped;
	if (type->is_variadic && (count || is_prototyped))
		str_add(&text, count ? ", ..." : "...");
	else if (!count && is_prototyped)
		str_add(&text, "void");
	str_char(&text, ')');
	return spell(type->target, str_text(&text), depth + 1);
}

static char *spell_array(const struct type *type, const char *declarator, unsigned depth)
{
	_cleanup_free_ char *inner = NULL;
	if (type->is_vector)
		inner = xasprintf("%s __attribute__ ((vector_size(%llu)))", declarator, (unsigned long long)type->count);
	else if (type->has_count)
		inner = xasprintf("%s[%llu]", declarator, (unsigned long long)type->count);
	else
		inner = xasprintf("%s[]", declarator);
	return spell(type->target, inner, depth + 1);
}

// `mark` is *, &, && or Class::*. What binds tighter than it needs parentheses.
static char *spell_pointer(const struct type *type, const char *mark, const struct qualifiers *qualifiers,
			   const char *declarator, unsigned depth)
{
	_cleanup_str_ struct str text = STR_INIT;
	const struct type *target = type->target;
	for (unsigned i = 0; is_qualifier(target) && i < DEPTH_LIMIT; i++)
		target = target->target;
	bool is_nested = target && (target->kind == TYPE_ARRAY || target->kind == TYPE_FUNCTION);
	str_printf(&text, "%s%s", is_nested ? "(" : "", mark);
	size_t bare = text.length;
	str_char(&text, ' ');
	qualifiers_add(qualifiers, &text);
	if (text.length == bare + 1)
		str_truncate(&text, bare);
	else if (*declarator && *declarator != '[' && *declarator != ')')
		str_char(&text, ' ');
	str_printf(&text, "%s%s", declarator, is_nested ? ")" : "");
	return spell(type->target, str_text(&text), depth + 1);
}

static char *spell_base(const struct type *type, const struct qualifiers *qualifiers, const char *declarator, unsigned depth)
{
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_free_ char *name = type ? base_name(type, depth) : xstrdup("void");
	qualifiers_add(qualifiers, &text);
	str_printf(&text, "%s%s%s%s", text.length ? " " : "", name, *declarator ? " " : "", declarator);
	return str_take(&text);
}

static char *spell_member_pointer(const struct type *type, const struct qualifiers *qualifiers, const char *declarator,
				  unsigned depth)
{
	const struct type *containing = type_node(type)->containing;
	_cleanup_free_ char *mark = xasprintf("%s::*", containing && containing->name ? containing->name : "<unknown>");
	return spell_pointer(type, mark, qualifiers, declarator, depth);
}

static char *spell(const struct type *type, const char *declarator, unsigned depth)
{
	struct qualifiers qualifiers = { 0 };
	type = take_qualifiers(type, &qualifiers, &depth);
	if (depth >= DEPTH_LIMIT || !parts_left || !--parts_left)
		return xasprintf("...%s%s", *declarator ? " " : "", declarator);
	if (type && type->name && type->language == LANGUAGE_RUST)
		return spell_base(type, &(struct qualifiers){ 0 }, declarator, depth);
	switch (type ? type->kind : TYPE_VOID) {
	case TYPE_POINTER: return spell_pointer(type, "*", &qualifiers, declarator, depth);
	case TYPE_REFERENCE: return spell_pointer(type, type->is_rvalue ? "&&" : "&", &qualifiers, declarator, depth);
	case TYPE_MEMBER_POINTER: return spell_member_pointer(type, &qualifiers, declarator, depth);
	case TYPE_FUNCTION: return spell_parameters(type, declarator, depth);
	default: return spell_base(type, &qualifiers, declarator, depth);
	case TYPE_ARRAY: break;
	}
	// The qualifiers of an array are those of its elements.
	if (qualifiers.is_const || qualifiers.is_volatile) {
		struct type_node element = { .type = { .kind = qualifiers.is_const ? TYPE_CONST : TYPE_VOLATILE, .target = type->target } };
		struct type array = *type;
		array.target = &element.type;
		return spell_array(&array, declarator, depth);
	}
	return spell_array(type, declarator, depth);
}

// ---- Rust --------------------------------------------------------------------------------------------------------

static char *spell_rust(const struct type *type, unsigned depth);

static char *spell_rust_function(const struct type *type, unsigned depth)
{
	size_t count = 0;
	const struct type_member *parameters = type_members(type, &count);
	_cleanup_str_ struct str text = STR_INIT;
	str_add(&text, "fn(");
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *parameter = spell_rust(parameters[i].type, depth + 1);
		str_printf(&text, "%s%s", i ? ", " : "", parameter);
	}
	str_char(&text, ')');
	if (type->target) {
		_cleanup_free_ char *result = spell_rust(type->target, depth + 1);
		str_printf(&text, " -> %s", result);
	}
	return str_take(&text);
}

static char *spell_rust(const struct type *type, unsigned depth)
{
	if (depth >= DEPTH_LIMIT || !parts_left || !--parts_left)
		return xstrdup("...");
	if (!type || type->kind == TYPE_VOID)
		return xstrdup("()");
	if (type->name)
		return xstrdup(type->name);
	if (type->kind == TYPE_FUNCTION)
		return spell_rust_function(type, depth);
	_cleanup_free_ char *target = spell_rust(type->target, depth + 1);
	switch (type->kind) {
	case TYPE_POINTER: return xasprintf("*mut %s", target);
	case TYPE_REFERENCE: return xasprintf("&%s", target);
	case TYPE_ARRAY:
		if (type->has_count)
			return xasprintf("[%s; %llu]", target, (unsigned long long)type->count);
		return xasprintf("[%s]", target);
	case TYPE_CONST:
	case TYPE_VOLATILE:
	case TYPE_RESTRICT:
	case TYPE_ATOMIC: return TAKE(target);
	default: return xstrdup("{...}");
	}
}

// ---- Both --------------------------------------------------------------------------------------------------------

char *type_name(const struct type *type)
{
	parts_left = PART_LIMIT;
	return type && type->language == LANGUAGE_RUST ? spell_rust(type, 0) : spell(type, "", 0);
}

char *type_declaration(const struct type *type, const char *name)
{
	parts_left = PART_LIMIT;
	if (!type || type->language != LANGUAGE_RUST)
		return spell(type, name, 0);
	_cleanup_free_ char *text = spell_rust(type, 0);
	return xasprintf("%s: %s", name, text);
}
