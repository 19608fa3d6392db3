#include "adapter/syscall_list.h"

#include "dap/writer.h"
#include "engine/syscall_rules.h"

static void write_syscall(struct writer *list, const struct syscall_known *known)
{
	const struct syscall_group *group;
	writer_open_object(list, NULL);
	writer_string(list, "name", known->name);
	writer_integer(list, "number", (int64_t)known->number);
	writer_open_array(list, "arguments");
	for (unsigned i = 0; i < known->argument_count; i++)
		writer_string(list, NULL, known->arguments[i]);
	writer_close_array(list);
	writer_open_array(list, "groups");
	for (unsigned i = 0; (group = syscall_group_at(i)); i++)
		if (known->groups & group->bit)
			writer_string(list, NULL, group->name);
	writer_close_array(list);
	writer_close_object(list);
}

static void write_syscalls(struct writer *object)
{
	struct syscall_known known;
	writer_open_array(object, "syscalls");
	for (unsigned i = 0; syscall_known_at(i, &known); i++)
		write_syscall(object, &known);
	writer_close_array(object);
}

static void write_groups(struct writer *object)
{
	const struct syscall_group *group;
	writer_open_array(object, "groups");
	for (unsigned i = 0; (group = syscall_group_at(i)); i++) {
		writer_open_object(object, NULL);
		writer_string(object, "name", group->name);
		writer_string(object, "description", group->description);
		writer_close_object(object);
	}
	writer_close_array(object);
}

static void write_errors(struct writer *object)
{
	writer_open_array(object, "errors");
	for (int number = 1; number <= ERRNO_MAX; number++) {
		if (!errno_name(number))
			continue;
		writer_open_object(object, NULL);
		writer_string(object, "name", errno_name(number));
		writer_integer(object, "number", number);
		writer_optional(object, "description", errno_description(number));
		writer_close_object(object);
	}
	writer_close_array(object);
}

void syscall_list_json(struct str *text)
{
	struct writer object = WRITER_INIT(text);
	writer_open_object(&object, NULL);
	write_syscalls(&object);
	write_groups(&object);
	write_errors(&object);
	writer_close_object(&object);
	str_char(text, '\n');
}
