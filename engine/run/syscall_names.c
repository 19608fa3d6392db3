// $syscall, $phase, $result, $errno, $arg.NAME, $arg[N] and path("..."): the system call at whose boundary the thread stands, as
// expressions see it.
#include "engine/run/syscall_names.h"

#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"

// ---- enums ----------------------------------------------------------------------------------------------------------------

struct enumerators {
	struct type_enumerator *items;
	size_t count, capacity;
};

// Numbers are those of the call's own ABI, names are the same in all.
static const struct type *syscall_type(enum syscall_abi abi)
{
	static struct enumerators all[3];
	static const char *const names[] = { "syscall", "i386 syscall", "x32 syscall" };
	struct enumerators *list = &all[abi];
	bool is_made = list->count;
	for (uint64_t number = 0; !is_made && number < SYSCALL_SET_SIZE; number++) {
		const char *name = syscall_name(SYSCALL_ABI_X86_64, number);
		int own = syscall_number(abi, name);
		if (own >= 0)
			*vec_push(list) = (struct type_enumerator){ name, own };
	}
	return type_enum_of(names[abi], 8, list->items, list->count);
}

static const struct type *phase_type(void)
{
	static const struct type_enumerator phases[] = { { "entry", SYSCALL_ENTRY }, { "return", SYSCALL_RETURN } };
	return type_enum_of("phase of a syscall", 4, phases, ARRAY_SIZE(phases));
}

static const struct type *errno_type(void)
{
	static const struct type_enumerator aliases[] = { { "EWOULDBLOCK", EWOULDBLOCK }, { "EDEADLOCK", EDEADLOCK }, { "ENOTSUP", ENOTSUP } };
	static struct enumerators list;
	if (!list.count) {
		for (int number = 1; number <= ERRNO_MAX; number++)
			if (errno_name(number))
				*vec_push(&list) = (struct type_enumerator){ errno_name(number), number };
		for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
			*vec_push(&list) = aliases[i];
	}
	return type_enum_of("errno", 4, list.items, list.count);
}

// ---- values ---------------------------------------------------------------------------------------------------------------

static const struct type *word_type(enum syscall_word word, enum syscall_abi abi)
{
	bool is_wide = abi == SYSCALL_ABI_X86_64;
	switch (word) {
	case SYSCALL_WORD_INT: return type_builtin(TYPE_INTEGER, 4, true, "int");
	case SYSCALL_WORD_UNSIGNED: return type_builtin(TYPE_INTEGER, 4, false, "unsigned int");
	case SYSCALL_WORD_LONG: return is_wide ? type_builtin(TYPE_INTEGER, 8, true, "long") : type_builtin(TYPE_INTEGER, 4, true, "int");
	case SYSCALL_WORD_TEXT: return type_pointer_to(type_builtin(TYPE_CHAR, 1, true, "char"));
	case SYSCALL_WORD_POINTER: return type_pointer_to(NULL);
	case SYSCALL_WORD_UNSIGNED_LONG: break;
	}
	return type_builtin(TYPE_INTEGER, 8, false, "unsigned long");
}

static struct value register_of_call(const struct type *type, const struct register_desc *desc)
{
	return (struct value){ .type = type, .register_desc = desc, .is_of_syscall = true, .is_lvalue = true };
}

// Arguments at the entry, the result at the return. The call is the thread's, whichever of its frames is looked at.
static bool is_editable(const struct frame_context *context, enum syscall_phase phase)
{
	return context->thread->syscall.phase == phase && context->eval.write_syscall;
}

static struct value argument_value(struct frame_context *context, unsigned index)
{
	const struct syscall_event *event = &context->thread->syscall;
	const struct type *type = word_type(syscall_argument_word(event, index), event->abi);
	const struct register_desc *desc = register_find(syscall_argument_register(event->abi, index));
	if (is_editable(context, SYSCALL_ENTRY) && type->size <= desc->size)   // a pointer of a 32-bit program is shown as one of 64
		return register_of_call(type, desc);
	uint64_t value = event->abi == SYSCALL_ABI_I386 ? (uint32_t)event->arguments[index] : event->arguments[index];
	return value_from_integer(&context->eval, type, value);
}

static bool find_argument(const struct syscall_event *event, const char *name, unsigned *index_ret)
{
	unsigned count = syscall_argument_count(event);
	for (unsigned i = 0; i < count; i++) {
		if (!str_equal(syscall_argument_name(event, i), name))
			continue;
		*index_ret = i;
		return true;
	}
	return false;
}

static struct error *named_argument(struct frame_context *context, const char *name, struct value *value_ret)
{
	const struct syscall_event *event = &context->thread->syscall;
	unsigned index;
	if (find_argument(event, name, &index)) {
		*value_ret = argument_value(context, index);
		return NULL;
	}
	context->lacks_argument = true;
	_cleanup_str_ struct str names = STR_INIT;
	for (unsigned i = 0; i < syscall_argument_count(event); i++)
		str_printf(&names, "%s%s", i ? ", " : "", syscall_argument_name(event, i));
	return error_create(ERROR_NOT_FOUND, "%s has no argument \"%.60s\"%s%s", syscall_name(event->abi, event->number), name,
			    names.length ? "; it has " : "", str_text(&names));
}

static struct error *numbered_argument(struct frame_context *context, const char *text, struct value *value_ret)
{
	char *end;
	long index = strtol(text, &end, 10);
	if (index < 0 || index >= SYSCALL_ARGUMENT_MAX)
		return error_create(ERROR_INVALID, "no call has an argument $arg[%ld]: they are numbered from 0 to %d", index,
				    SYSCALL_ARGUMENT_MAX - 1);
	*value_ret = argument_value(context, (unsigned)index);
	return NULL;
}

static struct error *check_at_syscall(const struct frame_context *context, const char *name)
{
	const char *mark = name[0] == '$' ? "" : "()";
	if (!context->thread)
		return error_create(ERROR_INVALID,
				    "%s%s is known at a system call alone: a function breakpoint named \"syscall:openat\" stops there", name, mark);
	if (!context->thread->is_at_syscall)
		return error_create(ERROR_STATE,
				    "%s%s: the thread does not stand at a system call; a function breakpoint named \"syscall:openat\" stops at one",
				    name, mark);
	return NULL;
}

static struct value whole_result(struct frame_context *context)
{
	const struct syscall_event *event = &context->thread->syscall;
	const struct type *type = type_builtin(TYPE_INTEGER, 8, true, "long");
	if (is_editable(context, SYSCALL_RETURN) && event->abi != SYSCALL_ABI_I386 && syscall_returns(event))
		return register_of_call(type, register_find("rax"));
	return value_from_integer(&context->eval, type, (uint64_t)event->result);
}

static struct error *result_value(struct frame_context *context, const char *name, struct value *value_ret)
{
	const struct syscall_event *event = &context->thread->syscall;
	if (event->phase != SYSCALL_RETURN)
		return error_create(ERROR_STATE, "%s: the call has not returned yet", name);
	if (str_equal(name, "$errno"))
		*value_ret = value_from_integer(&context->eval, errno_type(), event->is_error ? (uint64_t)-event->result : 0);
	else
		*value_ret = whole_result(context);
	return NULL;
}

static bool is_special(const char *name)
{
	static const char *const names[] = { "$syscall", "$phase", "$result", "$errno" };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_equal(name, names[i]))
			return true;
	bool is_member = str_starts(name, "$arg.") && !strpbrk(name + strlen("$arg."), ".[");
	return is_member || str_starts(name, "$arg[");
}

bool syscall_special(void *data, const char *name, struct value *value_ret, struct error **error_ret)
{
	struct frame_context *context = data;
	if (!is_special(name))
		return false;
	*error_ret = check_at_syscall(context, name);
	if (*error_ret)
		return true;
	const struct syscall_event *event = &context->thread->syscall;
	if (str_equal(name, "$syscall"))
		*value_ret = value_from_integer(&context->eval, syscall_type(event->abi), event->number);
	else if (str_equal(name, "$phase"))
		*value_ret = value_from_integer(&context->eval, phase_type(), event->phase);
	else if (str_starts(name, "$arg["))
		*error_ret = numbered_argument(context, name + strlen("$arg["), value_ret);
	else if (str_starts(name, "$arg."))
		*error_ret = named_argument(context, name + strlen("$arg."), value_ret);
	else
		*error_ret = result_value(context, name, value_ret);
	return true;
}

bool syscall_named_constant(void *data, const char *name, uint64_t *number_ret)
{
	(void)data;
	return syscall_constant(name, number_ret);
}

// ---- path() ---------------------------------------------------------------------------------------------------------------

void syscall_keep_paths(struct thread *thread)
{
	struct syscall_context context;
	debugger_syscall_context(thread_process(thread), thread->tid, &context);
	str_clear(&thread->call.paths);
	syscall_paths(&thread->syscall, &context, &thread->call.paths);
	thread->call.has_paths = true;
}

static bool has_path(struct thread *thread, const char *pattern)
{
	struct syscall_call *call = &thread->call;
	if (!call->has_paths)
		syscall_keep_paths(thread);
	for (size_t at = 0; at < call->paths.length; at += strlen(call->paths.data + at) + 1)
		if (syscall_path_matches(pattern, call->paths.data + at))
			return true;
	return false;
}

static struct error *pattern_of(const struct eval_context *context, struct value *value, const char **pattern_ret)
{
	const struct type *type = type_strip(value->type);
	if (type->kind != TYPE_ARRAY || type_strip(type->target)->kind != TYPE_CHAR || type_strip(type->target)->size != 1)
		return error_create(ERROR_INVALID, "path takes one pattern in quotes, such as path(\"/etc/**\")");
	struct error *error = value_read(context, value);
	if (!error)
		*pattern_ret = arena_strndup(context->arena, (const char *)value->bytes, (size_t)type->count);
	return error;
}

bool syscall_function(void *data, const char *name, struct value *arguments, size_t count, struct value *value_ret, struct error **error_ret)
{
	struct frame_context *context = data;
	const char *pattern = "";
	if (!str_equal(name, "path"))
		return false;
	*error_ret = check_at_syscall(context, name);
	if (!*error_ret && count != 1)
		*error_ret = error_create(ERROR_INVALID, "path takes one pattern in quotes, such as path(\"/etc/**\")");
	if (!*error_ret)
		*error_ret = pattern_of(&context->eval, &arguments[0], &pattern);
	if (!*error_ret)
		*value_ret = value_from_integer(&context->eval, type_builtin(TYPE_INTEGER, 4, true, "int"), has_path(context->thread, pattern));
	return true;
}
