// The tree walk.
#include "engine/eval/private.h"

static struct error *refuse_side_effects(const struct eval_context *context)
{
	if (context->may_have_side_effects)
		return NULL;
	return error_create(ERROR_INVALID, "it would change the program, which is not done here (hover, conditions, sizeof)");
}

static struct error *evaluate_address(const struct eval_context *context, struct node *node, struct value *value_ret)
{
	struct value target;
	uint64_t address;
	struct error *error = node_evaluate(context, node->a, &target);
	if (!error)
		error = value_address(&target, &address);
	if (error)
		return error_wrap(error, "no address can be taken");
	const struct type *type = type_is_undebugged(target.type) ? builtin_type(BUILTIN_VOID) : target.type;
	*value_ret = value_from_integer(context, type_pointer_to(type), address);
	return NULL;
}

static struct error *evaluate_unary(const struct eval_context *context, struct node *node, struct value *value_ret)
{
	if (node->operator == '&')
		return evaluate_address(context, node, value_ret);
	struct value operand;
	struct error *error = node_evaluate(context, node->a, &operand);
	if (error)
		return error;
	if (node->operator != '*')
		return operate_unary(context, node->operator, &operand, value_ret);
	error = value_dereference(context, &operand, value_ret);
	return error ? error : value_transparent(context, value_ret);
}

static bool find_enumerator(const struct type *type, const char *name, uint64_t *number_ret)
{
	size_t count;
	const struct type_enumerator *enumerators = type_enumerators(type, &count);
	for (size_t i = 0; i < count; i++) {
		if (!str_equal(enumerators[i].name, name))
			continue;
		*number_ret = (uint64_t)enumerators[i].value;
		return true;
	}
	return false;
}

// In `c == Red` and `c = Red` the name may be an enumerator of the other side's type that is not in scope by itself.
static struct error *evaluate_enumerator(const struct eval_context *context, struct node *node, const struct type *type,
					 struct value *value_ret)
{
	struct error *error = node_evaluate(context, node, value_ret);
	const struct type *stripped = eval_strip(type);
	uint64_t number;
	if (!error || error->code != ERROR_NOT_FOUND || node->kind != NODE_NAME || stripped->kind != TYPE_ENUM ||
	    !find_enumerator(stripped, node->name, &number))
		return error;
	error_destroy(error);
	*value_ret = value_from_integer(context, type, number);
	return NULL;
}

// The word of `$syscall == openat` or `$syscall == "openat"`; NULL if it is none.
static const char *compared_word(const struct node *special, const struct node *other)
{
	if (special->kind != NODE_SPECIAL)
		return NULL;
	return other->is_string ? (const char *)other->literal.bytes : other->kind == NODE_NAME ? other->name : NULL;
}

// False: it is no comparison of a special enum with a word. What the program calls by that name does not matter here.
static bool compare_with_word(const struct eval_context *context, const struct node *node, struct value *special, struct node *other,
			      struct value *value_ret, struct error **error_ret)
{
	const struct type *type = eval_strip(special->type);
	const char *word = type->kind == TYPE_ENUM ? compared_word(node->a == other ? node->b : node->a, other) : NULL;
	struct binding *binding = &other->binding;
	if (!word)
		return false;
	if (binding->type != type && !find_enumerator(type, word, &binding->number)) {
		*error_ret = error_create(ERROR_NOT_FOUND, "\"%.60s\" is no %s", word, type->name);
		return true;
	}
	binding->type = type;
	struct value value = value_from_integer(context, type, binding->number);
	*error_ret = operate_binary(context, node->operator, special, &value, value_ret);
	return true;
}

static bool is_string_like(const struct eval_context *context, struct value *value)
{
	const struct type *type = eval_strip(value->type);
	uint64_t ignored;
	if (type_is_class(type))
		return value_as_text(context, value, &ignored, &ignored);
	return (type->kind == TYPE_POINTER || type->kind == TYPE_ARRAY) && type_is_character(eval_target(type)) &&
	       eval_size_of(type->target) == 1;
}

static struct error *evaluate_binary(const struct eval_context *context, struct node *node, struct value *value_ret)
{
	struct value a;
	struct value b;
	bool is_equality = node->operator == OPERATOR_EQUAL || node->operator == OPERATOR_NOT_EQUAL;
	bool is_swapped = is_equality && compared_word(node->b, node->a);
	struct error *error = node_evaluate(context, is_swapped ? node->b : node->a, &a);
	if (!error && is_equality && compare_with_word(context, node, &a, is_swapped ? node->a : node->b, value_ret, &error))
		return error;
	if (!error && is_swapped)
		error = node_evaluate(context, node->a, &a);
	if (!error)
		error = is_equality ? evaluate_enumerator(context, node->b, a.type, &b) : node_evaluate(context, node->b, &b);
	if (error)
		return error;
	if (is_equality && node->a->is_string != node->b->is_string && is_string_like(context, &a) &&
	    is_string_like(context, &b))
		return operate_compare_strings(context, node->operator, node->a->is_string ? &b : &a, node->a->is_string ? &a : &b,
					       value_ret);
	return operate_binary(context, node->operator, &a, &b, value_ret);
}

static struct error *evaluate_truth(const struct eval_context *context, struct node *node, bool *is_true_ret)
{
	struct value value;
	struct error *error = node_evaluate(context, node, &value);
	return error ? error : value_is_true(context, &value, is_true_ret);
}

static struct error *evaluate_logic(const struct eval_context *context, struct node *node, struct value *value_ret)
{
	bool is_true;
	struct error *error = evaluate_truth(context, node->a, &is_true);
	if (!error && is_true == (node->operator == OPERATOR_AND))
		error = evaluate_truth(context, node->b, &is_true);
	if (!error)
		*value_ret = truth_value(context, is_true);
	return error;
}

// C17 6.5.15: the arms have one common type. The arm not taken is only asked for its type; if it cannot tell (a null
// pointer on its way), the other's stays.
static struct error *evaluate_conditional(const struct eval_context *context, struct node *node, struct value *value_ret)
{
	bool is_true;
	struct error *error = evaluate_truth(context, node->a, &is_true);
	if (!error)
		error = node_evaluate(context, is_true ? node->b : node->c, value_ret);
	if (error)
		return error;
	struct eval_context harmless = *context;
	struct value other;
	harmless.may_have_side_effects = false;
	error = node_evaluate(&harmless, is_true ? node->c : node->b, &other);
	if (!error)
		return operate_common_type(context, value_ret, &other);
	error_destroy(error);
	return NULL;
}

static struct error *evaluate_assign(const struct eval_context *context, struct node *node, struct value *value_ret)
{
	struct value target;
	struct value source;
	struct error *error = refuse_side_effects(context);
	if (!error)
		error = node_evaluate(context, node->a, &target);
	if (!error)
		error = evaluate_enumerator(context, node->b, target.type, &source);
	if (!error && node->operator) {
		struct value old = target;
		error = operate_binary(context, node->operator, &old, &source, &source);
	}
	if (!error)
		error = value_assign(context, &target, &source);
	if (!error)
		*value_ret = target;
	return error;
}

static struct error *evaluate_step(const struct eval_context *context, struct node *node, struct value *value_ret)
{
	struct value target;
	struct value next;
	struct error *error = refuse_side_effects(context);
	if (!error)
		error = node_evaluate(context, node->a, &target);
	if (!error)
		error = value_read(context, &target);
	if (error)
		return error;
	struct value old = target;
	struct value one = value_from_integer(context, builtin_type(BUILTIN_INT), 1);
	struct value operand = old;
	error = operate_binary(context, node->operator == OPERATOR_INCREMENT ? '+' : '-', &operand, &one, &next);
	if (!error)
		error = value_assign(context, &target, &next);
	if (error)
		return error;
	*value_ret = node->is_prefix ? target : value_from_bytes(context, old.type, old.bytes);
	return NULL;
}

// Rust's "as" from a floating-point number to an integer (The Rust Reference, "Numeric cast").
static void saturate(const struct eval_context *context, struct value *value, const struct type *type)
{
	const struct type *to = eval_strip(type);
	double real;
	uint64_t size = eval_size_of(to);
	if (eval_strip(value->type)->kind != TYPE_FLOAT || to->kind != TYPE_INTEGER || !size || size > 8)
		return;
	_cleanup_error_ struct error *error = value_as_double(context, value, &real);
	unsigned bits = (unsigned)size * 8;
	uint64_t most = UINT64_MAX >> (64 - bits + (to->is_signed ? 1 : 0));
	uint64_t least = to->is_signed ? ~most : 0;
	if (error)
		return;
	if (real != real)
		*value = value_from_integer(context, type, 0);
	else if (real >= (double)most)
		*value = value_from_integer(context, type, most);
	else if (real <= (to->is_signed ? -(double)most - 1 : 0))
		*value = value_from_integer(context, type, least);
}

// dynamic_cast<T &>(object): where a pointer would be null the program would throw.
static struct error *dynamic_reference(const struct eval_context *context, struct value *object, const struct type *type,
				       struct value *value_ret)
{
	uint64_t address;
	struct number number;
	struct value cast;
	struct error *error = value_address(object, &address);
	if (error)
		return error;
	struct value pointer = value_from_integer(context, type_pointer_to(object->type), address);
	error = value_dynamic_cast(context, &pointer, type_pointer_to(type), &cast);
	if (!error)
		error = number_of(context, &cast, &number);
	if (error)
		return error;
	if (!number.bits)
		return type_error(type, "the object is none");
	*value_ret = value_at(context, type, (uint64_t)number.bits);
	return NULL;
}

static struct error *evaluate_cast(const struct eval_context *context, struct node *node, struct value *value_ret)
{
	struct value operand;
	uint64_t address;
	struct error *error = node_evaluate(context, node->a, &operand);
	if (error)
		return error;
	if (node->is_dynamic && !node->is_reference)
		return value_dynamic_cast(context, &operand, node->type, value_ret);
	if (node->is_dynamic)
		return dynamic_reference(context, &operand, node->type, value_ret);
	if (node->is_saturating)
		saturate(context, &operand, node->type);
	if (!node->is_reference)
		return value_cast(context, &operand, node->type, value_ret);
	if (type_is_class(operand.type) && type_is_class(node->type)) {
		error = value_cast(context, &operand, node->type, value_ret);
		if (!error)
			return NULL;
		error_destroy(error);
	}
	error = value_address(&operand, &address);
	if (!error)
		*value_ret = value_at(context, node->type, address);
	return error;
}

static struct error *evaluate_sizeof(const struct eval_context *context, struct node *node, struct value *value_ret)
{
	struct eval_context harmless = *context;
	struct value operand;
	harmless.may_have_side_effects = false;
	struct error *error = node_evaluate(&harmless, node->a, &operand);
	if (error)
		return error;
	const struct type *type = eval_strip(operand.type);
	uint64_t size = eval_size_of(type);
	if (!size && type->kind == TYPE_ARRAY)
		size = eval_count(context, type) * eval_size_of(type->target);
	if (type->kind == TYPE_VOID || type->kind == TYPE_FUNCTION)
		size = 1;
	*value_ret = value_from_integer(context, builtin_type(BUILTIN_UNSIGNED_LONG), size);
	return NULL;
}

static struct error *evaluate_object(const struct eval_context *context, struct node *node, struct value *object_ret)
{
	struct value object;
	struct error *error = node_evaluate(context, node->a, &object);
	if (error)
		return error;
	const struct type *type = eval_strip(object.type);
	// As gdb and lldb do, "." also follows a pointer.
	if (node->operator == OPERATOR_ARROW || type->kind == TYPE_POINTER)
		error = value_dereference(context, &object, &object);
	if (!error)
		error = value_transparent(context, &object);
	if (!error)
		*object_ret = object;
	return error;
}

static bool evaluate_special(const struct eval_context *context, const char *name, struct value *value_ret, struct error **error_ret)
{
	*error_ret = NULL;
	return name && context->special && context->special(context->data, name, value_ret, error_ret);
}

// Rust looks for a member behind Rc, Box and their like as well.
static struct error *find_through(const struct eval_context *context, struct value *object, const char *name, struct value *value_ret)
{
	struct value at = *object;
	struct error *error = value_find_member(context, &at, name, value_ret);
	for (unsigned depth = 0; error && error->code == ERROR_NOT_FOUND && depth < 4; depth++) {
		if (eval_strip(at.type)->language != LANGUAGE_RUST || !value_as_content(context, &at, &at))
			break;
		struct error *inner = value_transparent(context, &at);
		if (!inner && eval_strip(at.type)->kind == TYPE_POINTER)
			inner = value_dereference(context, &at, &at);
		if (!inner)
			inner = value_find_member(context, &at, name, value_ret);
		if (inner && inner->code != ERROR_NOT_FOUND) {
			error_destroy(inner);
			break;
		}
		error_destroy(inner ? inner : error);
		if (!inner)
			return NULL;
	}
	return error;
}

// $arg[1]
static bool evaluate_special_element(const struct eval_context *context, struct node *node, struct value *value_ret, struct error **error_ret)
{
	struct value value;
	int64_t index = 0;
	*error_ret = node_evaluate(context, node->b, &value);
	if (!*error_ret)
		*error_ret = value_as_integer(context, &value, &index);
	if (*error_ret)
		return true;
	const char *name = arena_printf(context->arena, "%s[%lld]", node->a->special, (long long)index);
	return evaluate_special(context, name, value_ret, error_ret);
}

static struct error *evaluate_member(const struct eval_context *context, struct node *node, struct value *value_ret)
{
	struct value object;
	struct error *error;
	if (evaluate_special(context, node->special, value_ret, &error))
		return error;
	error = evaluate_object(context, node, &object);
	if (!error)
		error = find_through(context, &object, node->name, value_ret);
	return error ? error : value_transparent(context, value_ret);
}

static struct error *evaluate_member_number(const struct eval_context *context, struct node *node, struct value *value_ret)
{
	struct value object;
	struct error *error = evaluate_object(context, node, &object);
	if (error)
		return error;
	size_t count = 0;
	const struct type_member *members = type_is_class(object.type) ? type_members(eval_strip(object.type), &count) : NULL;
	if (node->number >= count)
		return error_create(ERROR_NOT_FOUND, "there is no member number %u", node->number);
	return value_member(context, &object, &members[node->number], value_ret);
}

// map[key]: what the program would find, and never makes.
static bool evaluate_key(const struct eval_context *context, struct node *node, struct value *object, struct value *value_ret,
			 struct error **error_ret)
{
	struct elements elements;
	struct value container = *object;
	struct value key;
	*error_ret = value_transparent(context, &container);
	if (*error_ret || !type_is_class(container.type) || !value_as_elements(context, &container, &elements) ||
	    !elements_have_keys(&elements))
		return *error_ret;
	const struct type *type = elements_key_type(context, &elements);
	*error_ret = evaluate_enumerator(context, node->b, type ? type : builtin_type(BUILTIN_VOID), &key);
	if (!*error_ret)
		*error_ret = elements_find(context, &elements, &key, node->b->is_string, value_ret);
	return true;
}

static struct error *evaluate_index(const struct eval_context *context, struct node *node, struct value *value_ret)
{
	struct value a;
	struct value b;
	int64_t index;
	struct error *error;
	if (node->a->special && evaluate_special_element(context, node, value_ret, &error))
		return error;
	error = node_evaluate(context, node->a, &a);
	if (error)
		return error;
	if (evaluate_key(context, node, &a, value_ret, &error))
		return error ? error : value_transparent(context, value_ret);
	error = node_evaluate(context, node->b, &b);
	if (error)
		return error;
	bool is_swapped = type_is_integral(eval_strip(a.type));   // 2[a]
	error = value_as_integer(context, is_swapped ? &a : &b, &index);
	if (!error)
		error = value_element(context, is_swapped ? &b : &a, index, value_ret);
	return error ? error : value_transparent(context, value_ret);
}

// *p@n and p,[n].
static struct error *evaluate_repeat(const struct eval_context *context, struct node *node, struct value *value_ret)
{
	struct value first;
	struct value number;
	int64_t count;
	uint64_t address;
	struct error *error = node_evaluate(context, node->a, &first);
	if (!error && node->operator == ',')
		error = value_element(context, &first, eval_strip(first.type)->lower_bound, &first);
	if (!error)
		error = node_evaluate(context, node->b, &number);
	if (!error)
		error = value_as_integer(context, &number, &count);
	if (!error)
		error = value_address(&first, &address);
	if (error)
		return error;
	uint64_t size = eval_size_of(first.type);
	if (!size)
		return type_error(first.type, "elements of unknown size");
	if (count < 1 || (uint64_t)count > VALUE_READ_LIMIT / size)
		return error_create(ERROR_INVALID, "%lld elements: from 1 to %llu can be shown", (long long)count,
				    (unsigned long long)(VALUE_READ_LIMIT / size));
	*value_ret = value_at(context, type_array_of(first.type, (uint64_t)count), address);
	return NULL;
}

static struct error *evaluate_name(const struct eval_context *context, struct node *node, struct value *value_ret)
{
	struct error *error = name_evaluate(context, node, value_ret);
	return error ? error : value_transparent(context, value_ret);
}

static struct error *evaluate_dollar(const struct eval_context *context, struct node *node, struct value *value_ret)
{
	struct error *error;
	if (evaluate_special(context, node->special, value_ret, &error))
		return error;
	return error_create(ERROR_NOT_FOUND, "no register or special name \"%s\"", node->special);
}

// What people want of a container needs no call.
static struct error *refuse_call(const struct node *node)
{
	static const struct {
		const char *name, *cure;
	} cures[] = {
		{ "size", "the number of elements is shown in [] before them" },
		{ "length", "the number of elements is shown in [] before them" },
		{ "len", "the number of elements is shown in [] before them" },
		{ "empty", "the number of elements is shown in [] before them" },
		{ "is_empty", "the number of elements is shown in [] before them" },
		{ "at", "write c[i] or map[key]" },
		{ "find", "write map[key]" },
		{ "get", "write *p, or map[key]" },
		{ "value", "write *o" },
		{ "unwrap", "write o.0" },
		{ "front", "write c[0]" },
		{ "c_str", "a string is shown by its characters" },
		{ "data", "write &c[0]" },
	};
	const char *name = node->a->kind == NODE_MEMBER ? node->a->name : "";
	for (size_t i = 0; i < ARRAY_SIZE(cures); i++)
		if (str_equal(name, cures[i].name))
			return error_create(ERROR_UNSUPPORTED, "calling functions in the debuggee is not built yet: %s", cures[i].cure);
	return error_create(ERROR_UNSUPPORTED, "calling functions in the debuggee is not built yet");
}

static struct error *evaluate_call(const struct eval_context *context, struct node *node, struct value *value_ret)
{
	struct error *error = NULL;
	struct value *arguments = arena_array(context->arena, struct value, node->argument_count + 1);
	if (node->a->kind != NODE_NAME || !context->call)
		return refuse_call(node);
	for (size_t i = 0; i < node->argument_count && !error; i++)
		error = node_evaluate(context, node->arguments[i], &arguments[i]);
	if (!error && !context->call(context->data, node->a->name, arguments, node->argument_count, value_ret, &error))
		error = refuse_call(node);
	return error;
}

struct error *node_evaluate(const struct eval_context *context, struct node *node, struct value *value_ret)
{
	struct error *error;
	switch (node->kind) {
	case NODE_LITERAL: *value_ret = node->literal; return NULL;
	case NODE_NAME: return evaluate_name(context, node, value_ret);
	case NODE_REGISTER: return register_value(context, node->register_desc, value_ret);
	case NODE_SPECIAL: return evaluate_dollar(context, node, value_ret);
	case NODE_UNARY: return evaluate_unary(context, node, value_ret);
	case NODE_STEP: return evaluate_step(context, node, value_ret);
	case NODE_BINARY: return evaluate_binary(context, node, value_ret);
	case NODE_LOGIC: return evaluate_logic(context, node, value_ret);
	case NODE_CONDITIONAL: return evaluate_conditional(context, node, value_ret);
	case NODE_ASSIGN: return evaluate_assign(context, node, value_ret);
	case NODE_COMMA:
		error = node_evaluate(context, node->a, value_ret);
		return error ? error : node_evaluate(context, node->b, value_ret);
	case NODE_CAST: return evaluate_cast(context, node, value_ret);
	case NODE_SIZEOF: return evaluate_sizeof(context, node, value_ret);
	case NODE_MEMBER: return evaluate_member(context, node, value_ret);
	case NODE_MEMBER_NUMBER: return evaluate_member_number(context, node, value_ret);
	case NODE_INDEX: return evaluate_index(context, node, value_ret);
	case NODE_CALL: return evaluate_call(context, node, value_ret);
	case NODE_REPEAT: return evaluate_repeat(context, node, value_ret);
	}
	return error_create(ERROR_INVALID, "not an expression");
}
