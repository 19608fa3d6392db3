#include "adapter/launch_options.h"

#include <assert.h>
#include <string.h>

#include "adapter/launch_values.h"
#include "dap/arguments.h"
#include "dap/writer.h"

enum { LAUNCH = 1, ATTACH = 2, BOTH = LAUNCH | ATTACH };
enum { NOTE_MAX = 20 };

struct option {
	const char *names;         // separated by blanks; the first is the proper one
	const char *choices;
	unsigned where;
	enum { WORKS, INERT } effect;
	size_t offset;
	launch_value_fn decode;
	const char *kind, *default_text, *description;
};

static const struct option options_table[] = {
#define OPTION(field, kind, where, effect, default_text, names, choices, description) \
	{ names, choices, where, effect, offsetof(struct launch_options, field), launch_value_##kind, #kind, default_text, description },
#include "adapter/launch_options.def"
#undef OPTION
};

// What VS Code and others put into a configuration for themselves.
static const char client_members[] = "name type request preLaunchTask postDebugTask internalConsoleOptions debugServer presentation "
				     "serverReadyAction suppressMultipleSessionWarning linux osx windows MIMode adapter autoReload command";

// Whether `word` is one of the words of `list`.
static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);
	for (const char *at = list; length && (at = strstr(at, word)); at += length)
		if ((at == list || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			return !strchr(word, ' ');
	return false;
}

static const struct option *find_option(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(options_table); i++)
		if (has_word(options_table[i].names, name))
			return &options_table[i];
	return NULL;
}

static void add_note(struct launch_options *options, const char *format, const char *name)
{
	if (options->notes.count < NOTE_MAX)
		*vec_push(&options->notes) = arena_printf(options->arena, format, name);
}

static struct error *decode_member(struct launch_options *options, const cJSON *member, unsigned where)
{
	const char *name = member->string;
	const struct option *option = find_option(name);
	if (!option) {
		if (!str_starts(name, "__") && !has_word(client_members, name))
			add_note(options, "the attribute \"%.60s\" is unknown and ignored", name);
		return NULL;
	}
	if (cJSON_IsNull(member))
		return NULL;
	struct launch_value value = { name, option->choices, member, options->arena };
	struct error *error = option->decode(&value, (char *)options + option->offset);
	if (!error && !(option->where & where) && !str_equal(name, "program") && !str_equal(name, "cwd"))
		add_note(options, where == LAUNCH ? "the attribute \"%s\" has no effect in launch" :
						    "the attribute \"%s\" has no effect in attach", name);
	return error;
}

static struct error *check_attach(const struct launch_options *options)
{
	if (options->core_file)
		return error_create(ERROR_UNSUPPORTED, "coreFile: looking at core files is not supported yet");
	if (options->wait_for)
		return error_create(ERROR_UNSUPPORTED, "waitFor: waiting for a process is not supported yet");
	if (!options->pid)
		return error_create(ERROR_INVALID, "pid is missing: which process should be attached to?");
	return NULL;
}

static struct error *check_launch(struct launch_options *options)
{
	if (!options->program || !*options->program)
		return error_create(ERROR_INVALID, "program is missing: which program should be launched?");
	if (!options->env_file)
		return NULL;
	struct string_vec entries = VEC_INIT;
	struct error *error = env_file_read(options->env_file, options->arena, &entries);
	vec_each(entry, &options->env.entries)
		*vec_push(&entries) = *entry;
	vec_deinit(&options->env.entries);
	options->env.entries = entries;
	return error_wrap(error, "envFile");
}

static void note_unbuilt(struct launch_options *options)
{
	if (options->breakpoint_mode)
		add_note(options, "%s: hardware breakpoints are not supported yet; software breakpoints are used", "breakpointMode");
	if (options->source_languages)
		add_note(options, "the attribute \"%s\" has no effect", "sourceLanguages");
	if (options->visualizer_file)
		add_note(options, "the attribute \"%s\" has no effect", "visualizerFile");
}

static struct error *decode_all(const cJSON *arguments, struct launch_options *options)
{
	unsigned where = options->is_attach ? ATTACH : LAUNCH;
	if (arguments && !cJSON_IsObject(arguments))
		return argument_mismatch("arguments", "an object", arguments);
	const cJSON *member;
	cJSON_ArrayForEach(member, arguments) {
		struct error *error = decode_member(options, member, where);
		if (error)
			return error;
	}
	struct error *error = options->is_attach ? check_attach(options) : check_launch(options);
	if (!error)
		note_unbuilt(options);
	options->source_languages = options->visualizer_file = NULL;
	// The engine wants them NULL-terminated.
	*vec_push(&options->env.entries) = NULL;
	return error;
}

struct error *launch_options_decode(const cJSON *arguments, bool is_attach, struct launch_options **options_ret)
{
	struct launch_options *options = xcalloc(1, sizeof(*options));
	options->arena = arena_create();
	options->is_attach = is_attach;
	options->disable_aslr = true;
	options->disassembly_as_source = true;
	options->console = -1;
	struct error *error = decode_all(arguments, options);
	if (error)
		launch_options_destroy(options);
	else
		*options_ret = options;
	return error;
}

void launch_options_destroy(struct launch_options *options)
{
	if (!options)
		return;
	vec_deinit(&options->env.entries);
	vec_deinit(&options->source_map);
	vec_deinit(&options->notes);
	arena_destroy(options->arena);
	free(options);
}

void launch_options_spec(const struct launch_options *options, struct launch_spec *spec_ret)
{
	*spec_ret = (struct launch_spec){
		.program = options->program,
		.arguments = options->args,
		.cwd = options->cwd,
		.environment = options->env.entries.items,
		.stdio = { options->stdio.files[0], options->stdio.files[1], options->stdio.files[2] },
		.disable_aslr = options->disable_aslr,
		.stop_on_entry = options->stop_on_entry,
		.stop_at_main = options->stop_at_main,
		.no_debug = options->no_debug,
		.syscall_filter = options->syscall_filter ? SYSCALL_FILTER_ON : SYSCALL_FILTER_OFF,
	};
}

enum terminal_kind launch_options_terminal(const struct launch_options *options)
{
	if (options->console >= 0)
		return launch_console_terminal(options->console);
	return options->external_console ? TERMINAL_EXTERNAL : options->run_in_terminal ? TERMINAL_INTEGRATED : TERMINAL_NONE;
}

void launch_options_note(struct launch_options *options, const char *text)
{
	vec_each(note, &options->notes)
		if (str_equal(*note, text))
			return;
	*vec_push(&options->notes) = text;
}

// "name alias" as "`name`, `alias`".
static void help_words(struct str *text, const char *words)
{
	while (*words) {
		size_t length = strcspn(words, " ");
		str_printf(text, "`%.*s`%s", (int)length, words, words[length] ? ", " : "");
		words += length + (words[length] == ' ');
	}
}

struct kind {
	const char *name, *words, *types;   // types: of JSON, separated by blanks
};

static const struct kind *find_kind(const char *name)
{
	static const struct kind kinds[] = {
		{ "STRING", "string", "string" },
		{ "BOOLEAN", "boolean", "boolean" },
		{ "CHOICE", NULL, "string" },
		{ "ARGUMENTS", "list of strings, string", "array string" },
		{ "ENVIRONMENT", "object, list", "object array" },
		{ "STDIO", "list, string, null", "array string null" },
		{ "PID", "number, string", "number string" },
		{ "SOURCE_MAP", "object, list", "object array" },
		{ "SYSCALLS", "object, string", "object string" },
		{ "ANY", "any", "string number boolean object array null" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_equal(kinds[i].name, name))
			return &kinds[i];
	assert(false);
	return NULL;
}

void launch_options_help(struct str *text)
{
	str_add(text, "| attribute | type | request | default | meaning |\n|---|---|---|---|---|\n");
	for (size_t i = 0; i < ARRAY_SIZE(options_table); i++) {
		const struct option *option = &options_table[i];
		str_add(text, "| ");
		help_words(text, option->names);
		str_add(text, " | ");
		if (option->choices)
			help_words(text, option->choices);
		else
			str_add(text, find_kind(option->kind)->words);
		str_printf(text, " | %s | %s | %s |\n", option->where == BOTH ? "both" : option->where == LAUNCH ? "launch" : "attach",
			   option->default_text, option->description);
	}
}

static void json_words(struct writer *object, const char *name, const char *words)
{
	writer_open_array(object, name);
	while (*words) {
		size_t length = strcspn(words, " ");
		writer_text(object, NULL, words, length);
		words += length + (words[length] == ' ');
	}
	writer_close_array(object);
}

static void json_default(struct writer *object, const struct option *option)
{
	const char *text = option->default_text;
	if (option->choices && has_word(option->choices, text)) {
		writer_string(object, "default", text);
		return;
	}
	cJSON *json = cJSON_ParseWithOpts(text, NULL, true);
	if (json)
		writer_raw(object, "default", text, strlen(text));
	cJSON_Delete(json);
}

static void json_option(struct writer *list, const struct option *option)
{
	static const char *const requests[] = { [LAUNCH] = "launch", [ATTACH] = "attach", [BOTH] = "launch attach" };
	size_t length = strcspn(option->names, " ");
	writer_open_object(list, NULL);
	writer_text(list, "name", option->names, length);
	json_words(list, "aliases", option->names[length] ? option->names + length + 1 : "");
	json_words(list, "requests", requests[option->where]);
	json_words(list, "type", find_kind(option->kind)->types);
	if (option->choices)
		json_words(list, "enum", option->choices);
	json_default(list, option);
	writer_boolean(list, "required", str_equal(option->default_text, "required"));
	writer_boolean(list, "hasEffect", option->effect == WORKS);
	writer_string(list, "description", option->description);
	writer_close_object(list);
}

void launch_options_help_json(struct str *text)
{
	struct writer object = WRITER_INIT(text);
	writer_open_object(&object, NULL);
	writer_open_array(&object, "attributes");
	for (size_t i = 0; i < ARRAY_SIZE(options_table); i++)
		json_option(&object, &options_table[i]);
	writer_close_array(&object);
	writer_close_object(&object);
	str_char(text, '\n');
}
