// Members: plain ones, bit fields, bases (virtual too), anonymous aggregates, statics, Rust variants.
#include <ctype.h>

#include "engine/eval/private.h"

// Hostile debug information may nest a class in itself.
enum { MEMBER_DEPTH_LIMIT = 32 };

static struct error *no_frame_register(void *data, int dwarf_register, uint64_t *value_ret)
{
	(void)data, (void)dwarf_register, (void)value_ret;
	return error_create(ERROR_STATE, "no frame to read registers from");
}

static struct error *no_frame_cfa(void *data, uint64_t *cfa_ret)
{
	(void)data, (void)cfa_ret;
	return error_create(ERROR_STATE, "no frame");
}

static struct error *no_tls_address(void *data, struct module *module, uint64_t offset, uint64_t *address_ret)
{
	(void)data, (void)module, (void)offset, (void)address_ret;
	return error_create(ERROR_STATE, "thread-local, and no thread is chosen");
}

// Globals and constants can be located without a frame.
static struct location_context frameless_context(const struct eval_context *context)
{
	return (struct location_context){ .memory = context->memory, .pc = context->pc, .read_register = no_frame_register,
					  .frame_cfa = no_frame_cfa, .tls_address = no_tls_address };
}

struct error *variable_value(const struct eval_context *context, const struct variable *variable, struct value *value_ret)
{
	struct location_context frameless = frameless_context(context);
	const struct location_context *location_context = context->location ? context->location : &frameless;
	struct value value = { .type = variable->type ? variable->type : builtin_type(BUILTIN_VOID), .is_lvalue = true };
	struct error *error = variable_locate(variable, location_context, context->arena, &value.location);
	if (error && error->code != ERROR_UNAVAILABLE)
		return error_wrap(error, "%s", variable->name);
	if (error) {
		// It has a type still: the part that shows it says why there is no value.
		error_destroy(error);
		struct location_piece *piece = arena_new(context->arena, struct location_piece);
		piece->kind = LOCATION_NONE;
		value.location = (struct location){ piece, 1 };
	}
	value.type = eval_sized(context, value.type);
	*value_ret = value;
	return NULL;
}

static struct error *static_member(const struct eval_context *context, const struct value *value, const struct type_member *member,
				   struct value *member_ret)
{
	const struct type *type = eval_strip(value->type);
	_cleanup_free_ char *name = xasprintf("%s::%s", type->name ? type->name : "", member->name ? member->name : "");
	const struct variable *variable = context->modules ? modules_find_variable(context->modules, name, context->pc) : NULL;
	if (!variable)
		return error_create(ERROR_UNAVAILABLE, "the static member %s is nowhere defined", name);
	return variable_value(context, variable, member_ret);
}

static struct error *virtual_base(const struct eval_context *context, struct value *value, const struct type_member *member,
				  struct value *member_ret)
{
	uint64_t object;
	struct error *error = value_address(value, &object);
	if (error)
		return error;
	struct location_context frameless = frameless_context(context);
	uint64_t address;
	error = member_locate(member, object, context->location ? context->location : &frameless, &address);
	if (!error)
		*member_ret = value_at(context, member->type, address);
	return error;
}

// A bit field's storage: normalised so that the value's place begins at the byte of its first bit.
static struct error *bit_field(const struct eval_context *context, struct value *value, const struct type_member *member,
			       struct value *member_ret)
{
	struct value field = { .type = member->type, .is_lvalue = value->is_lvalue };
	uint64_t first = member->offset + member->bit_offset / 8;
	uint64_t span = (member->bit_offset % 8 + (uint64_t)member->bit_size + 7) / 8;
	field.bit_offset = member->bit_offset % 8;
	field.bit_size = member->bit_size;
	uint64_t whole = eval_size_of(value->type);
	if (value->location.count) {
		field.location = place_slice(context, &value->location, first, span);
	}
	if (value->bytes && first <= whole && span <= whole - first) {
		struct location_piece piece = { .kind = LOCATION_BYTES, .bytes = value->bytes + first };
		struct value raw = { .type = member->type, .location = { &piece, 1 }, .bit_offset = field.bit_offset,
				     .bit_size = field.bit_size };
		struct error *error = value_read(context, &raw);
		if (error)
			return error;
		field.bytes = raw.bytes;
	} else if (!value->location.count) {
		return error_create(ERROR_INVALID, "outside the value");
	}
	*member_ret = field;
	return NULL;
}

struct error *value_member(const struct eval_context *context, struct value *value, const struct type_member *member,
			   struct value *member_ret)
{
	if (member->is_static)
		return static_member(context, value, member, member_ret);
	if (member->is_virtual_base)
		return virtual_base(context, value, member, member_ret);
	if (member->bit_size)
		return bit_field(context, value, member, member_ret);
	const struct type *type = member->type ? member->type : builtin_type(BUILTIN_VOID);
	return value_slice(context, value, type, member->offset, member_ret);
}

const struct type_member *variant_alive(const struct eval_context *context, struct value *value)
{
	const struct type *type = eval_strip(value->type);
	const struct type_member *discriminant = type_discriminant(type);
	if (!discriminant)
		return NULL;
	struct value number_value_;
	struct number number;
	_cleanup_error_ struct error *error = value_member(context, value, discriminant, &number_value_);
	if (!error)
		error = number_of(context, &number_value_, &number);
	if (error)
		return NULL;
	uint64_t size = eval_size_of(discriminant->type);
	uint64_t mask = size && size < 8 ? ((uint64_t)1 << size * 8) - 1 : UINT64_MAX;
	const struct type_member *otherwise = NULL;
	size_t count;
	const struct type_member *members = type_members(type, &count);
	for (size_t i = 0; i < count; i++) {
		if (members[i].has_discriminant && ((members[i].discriminant ^ (uint64_t)number.bits) & mask) == 0)
			return &members[i];
		if (members[i].is_default_variant)
			otherwise = &members[i];
	}
	return otherwise;
}

static bool member_is_named(const struct type_member *member, const char *name)
{
	if (!member->name || member->is_base)
		return false;
	if (str_equal(member->name, name))
		return true;
	// Rust's tuple fields: t.0 is __0 in DWARF.
	return isdigit((unsigned char)name[0]) && str_starts(member->name, "__") && str_equal(member->name + 2, name);
}

// Looks into what has no name of its own: anonymous members, bases, the living Rust variant. *is_found_ret tells.
static struct error *find_in(const struct eval_context *context, struct value *value, const char *name, unsigned depth,
			     struct value *member_ret, bool *is_found_ret)
{
	size_t count;
	const struct type_member *members = type_members(eval_strip(value->type), &count);
	*is_found_ret = false;
	if (depth > MEMBER_DEPTH_LIMIT)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (member_is_named(&members[i], name)) {
			*is_found_ret = true;
			return value_member(context, value, &members[i], member_ret);
		}
	}
	const struct type_member *alive = variant_alive(context, value);
	for (size_t i = 0; i < count; i++) {
		bool is_transparent = (members[i].is_base || !members[i].name || &members[i] == alive) && !members[i].is_static;
		if (!is_transparent || !type_is_class(members[i].type))
			continue;
		struct value part;
		struct error *error = value_member(context, value, &members[i], &part);
		if (!error)
			error = find_in(context, &part, name, depth + 1, member_ret, is_found_ret);
		if (error && !*is_found_ret) {
			error_destroy(error);
			continue;
		}
		if (*is_found_ret)
			return error;
	}
	return NULL;
}

// "app::Left" is also just "Left" to those who are in its namespace.
static bool is_named(const struct type *type, const char *name)
{
	size_t length = strlen(name);
	size_t own = type->name ? strlen(type->name) : 0;
	return own && str_ends(type->name, name) && (own == length || (own > length + 2 && type->name[own - length - 1] == ':'));
}

static const struct type *find_base(const struct type *type, const char *name, unsigned depth)
{
	size_t count;
	const struct type_member *members = type_members(type, &count);
	for (size_t i = 0; i < count && depth <= MEMBER_DEPTH_LIMIT; i++) {
		if (!members[i].is_base || !members[i].type)
			continue;
		const struct type *base = eval_strip(members[i].type);
		const struct type *found = is_named(base, name) ? base : find_base(base, name, depth + 1);
		if (found)
			return found;
	}
	return NULL;
}

static struct error *find_qualified(const struct eval_context *context, struct value *value, const char *name, const char *colons,
				    struct value *member_ret)
{
	char *base_name = arena_strndup(context->arena, name, (size_t)(colons - name));
	struct type base = { .kind = TYPE_CLASS, .name = base_name };
	const struct type *own = eval_strip(value->type);
	if (is_named(own, base_name))
		return value_find_member(context, value, colons + 2, member_ret);
	const struct type *known = find_base(own, base_name, 0);
	struct value part;
	struct error *error = value_base(context, value, known ? known : &base, &part);
	return error ? error : value_find_member(context, &part, colons + 2, member_ret);
}

static const char *last_colons(const char *name)
{
	const char *found = NULL;
	for (const char *at = strstr(name, "::"); at; at = strstr(at + 2, "::"))
		found = at;
	return found;
}

struct error *value_find_member(const struct eval_context *context, struct value *value, const char *name, struct value *member_ret)
{
	struct value object = *value;
	struct error *error = value_transparent(context, &object);
	if (error)
		return error;
	if (type_is_vector_register(object.type) && object.register_desc)
		return register_lanes(context, &object, name, member_ret);
	const struct type *type = eval_strip(object.type);
	if (!type_is_class(type))
		return type_error(value->type, "neither a structure nor a union");
	const char *colons = last_colons(name);
	if (colons)
		return find_qualified(context, &object, name, colons, member_ret);
	bool is_found;
	error = find_in(context, &object, name, 0, member_ret, &is_found);
	if (is_found || error)
		return error;
	_cleanup_free_ char *spelling = type_name(type);
	if (type->is_declaration)
		return error_create(ERROR_NOT_FOUND, "%s is declared but its members are not known", spelling);
	return error_create(ERROR_NOT_FOUND, "%s has no member \"%s\"", spelling, name);
}

static bool is_same_class(const struct type *type, const struct type *base)
{
	return type == base || (type->name && base->name && str_equal(type->name, base->name));
}

static struct error *base_within(const struct eval_context *context, struct value *value, const struct type *base, unsigned depth,
				 struct value *base_ret, bool *is_found_ret)
{
	size_t count;
	const struct type_member *members = type_members(eval_strip(value->type), &count);
	*is_found_ret = false;
	for (size_t i = 0; i < count && depth <= MEMBER_DEPTH_LIMIT; i++) {
		if (!members[i].is_base || !members[i].type)
			continue;
		struct value part;
		bool is_it = is_same_class(eval_strip(members[i].type), base);
		struct error *error = value_member(context, value, &members[i], &part);
		if (is_it) {
			*is_found_ret = true;
			if (!error)
				*base_ret = part;
			return error;
		}
		if (!error)
			error = base_within(context, &part, base, depth + 1, base_ret, is_found_ret);
		if (*is_found_ret)
			return error;
		error_destroy(error);
	}
	return NULL;
}

struct error *value_base(const struct eval_context *context, struct value *value, const struct type *base, struct value *base_ret)
{
	bool is_found;
	struct error *error = base_within(context, value, base, 0, base_ret, &is_found);
	if (error || is_found)
		return error;
	_cleanup_free_ char *name = type_name(value->type);
	return error_create(ERROR_NOT_FOUND, "%s has no base class %s", name, base->name ? base->name : "(anonymous)");
}

static bool base_offset(const struct type *type, const struct type *base, unsigned depth, uint64_t *offset_ret)
{
	size_t count;
	const struct type_member *members = type_members(type, &count);
	for (size_t i = 0; i < count && depth <= MEMBER_DEPTH_LIMIT; i++) {
		if (!members[i].is_base || members[i].is_virtual_base || !members[i].type)
			continue;
		const struct type *own = eval_strip(members[i].type);
		uint64_t inner = 0;
		if (is_same_class(own, base) || base_offset(own, base, depth + 1, &inner)) {
			*offset_ret = members[i].offset + inner;
			return true;
		}
	}
	return false;
}

bool type_base_offset(const struct type *type, const struct type *base, uint64_t *offset_ret)
{
	return base_offset(eval_strip(type), eval_strip(base), 0, offset_ret);
}

static bool has_plain_member(const struct type *type, const char *name, unsigned depth)
{
	size_t count;
	const struct type_member *members = type_members(type, &count);
	for (size_t i = 0; i < count; i++)
		if (member_is_named(&members[i], name))
			return true;
	for (size_t i = 0; i < count && depth < MEMBER_DEPTH_LIMIT; i++)
		if ((members[i].is_base || !members[i].name) && type_is_class(members[i].type) &&
		    has_plain_member(eval_strip(members[i].type), name, depth + 1))
			return true;
	return false;
}

bool type_has_member(const struct type *type, const char *name)
{
	const char *colons = last_colons(name);
	type = eval_strip(type);
	if (!colons)
		return has_plain_member(type, name, 0);
	_cleanup_free_ char *class = xstrndup(name, (size_t)(colons - name));
	const struct type *holder = is_named(type, class) ? type : find_base(type, class, 0);
	return holder && has_plain_member(holder, colons + 2, 0);
}
