// The text of a rule: `[SET] [@entry|@return] [#N] [if EXPRESSION]`; ';' between rules.
#include "engine/run/rule.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/nearest.h"

char *rule_padded(const char *text, size_t start, size_t end)
{
	char *padded = xstrndup(text, end);
	for (size_t i = 0; i < start; i++)
		padded[i] = ' ';
	return padded;
}

void rule_destroy(struct rule *rule)
{
	if (!rule)
		return;
	for (size_t i = 0; i < rule->condition_count; i++) {
		expression_destroy(rule->conditions[i].expression);
		free(rule->conditions[i].text);
	}
	free(rule->injection);
	free(rule->text);
	free(rule);
}

void rule_list_deinit(struct rule_list *rules)
{
	vec_each(rule, rules)
		rule_destroy(*rule);
	vec_deinit(rules);
}

void rule_forget_program(struct rule *rule)
{
	for (size_t i = 0; i < rule->condition_count; i++) {
		struct rule_condition *condition = &rule->conditions[i];
		if (!condition->needs.program)
			continue;
		expression_destroy(condition->expression);
		condition->expression = NULL;
	}
}

// ---- where the parts are --------------------------------------------------------------------------------------------------

struct reader {
	const struct rule_source *source;
	const char *text;
	size_t at;
	struct rule *rule;
	unsigned wanted_phases;   // by @; 0: none
	size_t phase_column;
};

static bool is_blank(char character)
{
	return isspace((unsigned char)character);
}

static void skip_blanks(struct reader *reader)
{
	while (reader->at < reader->source->end && is_blank(reader->text[reader->at]))
		reader->at++;
}

static bool is_at_end(const struct reader *reader)
{
	return reader->at >= reader->source->end;
}

static char current(const struct reader *reader)
{
	return is_at_end(reader) ? '\0' : reader->text[reader->at];
}

static bool is_if(const struct reader *reader)
{
	const char *at = reader->text + reader->at;
	size_t rest = reader->source->end - reader->at;
	bool is_start = reader->at == reader->source->start || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');
	return is_start && rest >= 2 && at[0] == 'i' && at[1] == 'f' && (rest == 2 || !(isalnum((unsigned char)at[2]) || at[2] == '_'));
}

static size_t word_length(const char *at, size_t most)
{
	size_t length = 0;
	while (length < most && !is_blank(at[length]) && !strchr("@#;", at[length]))
		length++;
	return length;
}

static struct error *stray(const struct reader *reader)
{
	const char *at = reader->text + reader->at;
	int length = (int)word_length(at, reader->source->end - reader->at);
	length = length > 40 ? 40 : length ? length : 1;
	if (strchr("$(!", *at))
		return error_create(ERROR_INVALID, "'if' is missing before '%.*s' (column %zu)", length, at, reader->at + 1);
	return error_create(ERROR_INVALID, "'%.*s' is not expected here (column %zu): a rule is %s", length, at, reader->at + 1,
			    reader->source->use == RULE_INJECTS ? "[SET]:WHAT=VALUE[:WHAT=VALUE ...] [if EXPRESSION]" :
								  "[SET] [@entry|@return] [#N] [if EXPRESSION]");
}

// ---- the set --------------------------------------------------------------------------------------------------------------

// Names are separated by commas, with or without blanks; a blank alone ends the set.
static struct error *find_set_end(struct reader *reader, size_t *end_ret)
{
	const char *text = reader->text;
	size_t at = reader->at, end = at;
	bool wants_word = true;
	while (at < reader->source->end && !strchr("@#:", text[at])) {
		if (is_blank(text[at])) {
			at++;
			continue;
		}
		reader->at = at;
		if (is_if(reader))
			break;
		if (!wants_word && text[at] != ',') {
			if (strchr("$(", text[at]))
				return stray(reader);
			return error_create(ERROR_INVALID, "a comma is missing before '%.*s' (column %zu)",
					    (int)word_length(text + at, reader->source->end - at), text + at, at + 1);
		}
		wants_word = text[at] == ',' || text[at] == '!';
		while (at < reader->source->end && !is_blank(text[at]) && !strchr("@#:", text[at])) {
			wants_word = text[at] == ',' || text[at] == '!';
			at++;
		}
		end = at;
	}
	*end_ret = end;
	return NULL;
}

static struct error *read_set(struct reader *reader)
{
	size_t start = reader->at, end;
	struct error *error = find_set_end(reader, &end);
	if (error)
		return error;
	_cleanup_free_ char *set = rule_padded(reader->text, start, end);
	reader->at = end;
	return syscall_set_parse(set, &reader->rule->set);
}

// ---- phase, occurrence, condition -----------------------------------------------------------------------------------------

static struct error *read_phase(struct reader *reader)
{
	const char *word = reader->text + reader->at + 1;
	size_t length = word_length(word, reader->source->end - reader->at - 1);
	_cleanup_free_ char *name = xstrndup(word, length);
	unsigned phase = str_equal(name, "entry") ? RULE_ENTRY : str_equal(name, "return") ? RULE_RETURN : 0;
	struct nearest nearest;
	if (reader->wanted_phases)
		return error_create(ERROR_INVALID, "a second phase '@%.40s' (column %zu): for both phases write two rules, separated by ';'", name,
				    reader->at + 1);
	if (!phase) {
		nearest_init(&nearest, str_equal(name, "exit") ? "return" : name);
		nearest_consider(&nearest, "entry");
		nearest_consider(&nearest, "return");
		if (nearest.name)
			return error_create(ERROR_INVALID, "no phase '@%.40s' (column %zu): did you mean '@%s'?", name, reader->at + 1, nearest.name);
		return error_create(ERROR_INVALID, "no phase '@%.40s' (column %zu): there are @entry and @return", name, reader->at + 1);
	}
	reader->wanted_phases = phase;
	reader->phase_column = reader->at + 1;
	reader->at += 1 + length;
	return NULL;
}

static struct error *read_occurrence(struct reader *reader)
{
	const char *digits = reader->text + reader->at + 1;
	size_t length = word_length(digits, reader->source->end - reader->at - 1);
	_cleanup_free_ char *word = xstrndup(digits, length);
	char *end;
	errno = 0;
	unsigned long number = strtoul(word, &end, 10);
	if (reader->rule->occurrence)
		return error_create(ERROR_INVALID, "a second occurrence '#%.40s' (column %zu): for several write several rules, separated by ';'",
				    word, reader->at + 1);
	if (!isdigit((unsigned char)word[0]) || *end || errno)
		return error_create(ERROR_INVALID, "'#%.40s' names no occurrence (column %zu): write a number, such as #3 for the third", word,
				    reader->at + 1);
	if (reader->rule->injection && reader->rule->injection->parts & INJECT_WHEN)
		return error_create(ERROR_INVALID, "'#%.40s' beside when= (column %zu): both say which calls, so keep one of them", word,
				    reader->at + 1);
	if (!number)
		return error_create(ERROR_INVALID, "'#0' names no occurrence (column %zu): they are counted from #1", reader->at + 1);
	reader->rule->occurrence = number;
	reader->at += 1 + length;
	return NULL;
}

static struct error *add_condition(struct reader *reader, char *padded)
{
	struct rule *rule = reader->rule;
	struct rule_condition *condition = &rule->conditions[rule->condition_count++];
	struct error *error = rule_condition_parse(padded, &rule->set, reader->source->names, condition);
	condition->text = padded;
	rule->needs_paths |= condition->needs.paths;
	return error;
}

static struct error *read_condition(struct reader *reader)
{
	size_t column = reader->at + 1;
	reader->at += 2;
	skip_blanks(reader);
	if (is_at_end(reader))
		return error_create(ERROR_INVALID, "an expression is missing behind 'if' (column %zu), such as: if $errno == ENOENT", column);
	char *padded = rule_padded(reader->text, reader->at, reader->source->end);
	reader->at = reader->source->end;
	return add_condition(reader, padded);
}

// ---- the phases that it is asked in ---------------------------------------------------------------------------------------

static struct rule_needs needs_of(const struct rule *rule)
{
	struct rule_needs needs = { 0 };
	for (size_t i = 0; i < rule->condition_count; i++) {
		needs.phase |= rule->conditions[i].needs.phase;
		if (!needs.result_column)
			needs.result_column = rule->conditions[i].needs.result_column;
	}
	return needs;
}

static struct error *refuse_phase(const struct reader *reader, unsigned fixed)
{
	if (!reader->wanted_phases || reader->wanted_phases == fixed)
		return NULL;
	const char *wanted = fixed == RULE_ENTRY ? "return" : "entry";
	if (reader->source->use == RULE_INJECTS)
		return error_create(ERROR_INVALID, "'@%s' is not possible here (column %zu): what is done to a call is decided at its entry", wanted,
				    reader->phase_column);
	return error_create(ERROR_INVALID, "'@%s' is not possible here (column %zu): the filter %s does that", wanted, reader->phase_column,
			    fixed == RULE_ENTRY ? "syscallReturn" : "syscallEntry");
}

static const char *entry_cure(enum rule_use use)
{
	switch (use) {
	case RULE_OF_ENTRY_FILTER: return "use the filter syscallReturn";
	case RULE_INJECTS: return "what is done to a call is decided before";
	default: return "write @return";
	}
}

static struct error *choose_phases(struct reader *reader)
{
	struct rule *rule = reader->rule;
	struct rule_needs needs = needs_of(rule);
	unsigned fixed = rule->use == RULE_OF_RETURN_FILTER ? RULE_RETURN :
			 rule->use == RULE_OF_ENTRY_FILTER || rule->use == RULE_INJECTS ? RULE_ENTRY : 0;
	struct error *error = fixed ? refuse_phase(reader, fixed) : NULL;
	if (error)
		return error;
	rule->phases = fixed ? fixed : reader->wanted_phases;
	if (rule->phases == RULE_ENTRY && needs.result_column)
		return error_create(ERROR_INVALID, "$result and $errno are not known at the entry of a call (column %u): %s", needs.result_column,
				    entry_cure(rule->use));
	if (!rule->phases)
		rule->phases = needs.phase ? RULE_ENTRY | RULE_RETURN : needs.result_column ? RULE_RETURN : RULE_ENTRY;
	return NULL;
}

// ---- the whole ------------------------------------------------------------------------------------------------------------

static struct error *read_injection(struct reader *reader)
{
	skip_blanks(reader);
	size_t start = reader->at;
	while (!is_at_end(reader) && !is_blank(current(reader)))
		reader->at++;
	return injection_parse(reader->text, start, reader->at, &reader->rule->injection);
}

static struct error *read_part(struct reader *reader)
{
	if (is_if(reader))
		return read_condition(reader);
	switch (current(reader)) {
	case '@': return read_phase(reader);
	case '#': return read_occurrence(reader);
	default: return stray(reader);
	}
}

static struct error *read_rule(struct reader *reader)
{
	skip_blanks(reader);
	struct error *error = read_set(reader);
	if (!error && reader->source->use == RULE_INJECTS)
		error = read_injection(reader);
	for (skip_blanks(reader); !error && !is_at_end(reader); skip_blanks(reader))
		error = read_part(reader);
	const char *more = reader->source->condition;
	if (!error && more && more[strspn(more, " \t\r\n")])
		error = error_wrap(add_condition(reader, xstrdup(more)), "the condition");
	return error ? error : choose_phases(reader);
}

// By its text a rule is known again when others come and go.
static char *trimmed(const char *start, const char *end)
{
	while (start < end && is_blank(*start))
		start++;
	while (end > start && is_blank(end[-1]))
		end--;
	return xstrndup(start, (size_t)(end - start));
}

struct error *rule_parse(const struct rule_source *source, struct rule **rule_ret)
{
	struct rule *rule = xcalloc(1, sizeof(*rule));
	struct reader reader = { .source = source, .text = source->text, .at = source->start, .rule = rule };
	rule->use = source->use;
	rule->text = trimmed(source->text + source->start, source->text + source->end);
	struct error *error = read_rule(&reader);
	if (error)
		rule_destroy(rule);
	else
		*rule_ret = rule;
	return error;
}

// Of the rule that begins at `start`: a ';' outside quotes, or the end of the text.
static size_t find_rule_end(const char *text, size_t start)
{
	char quote = '\0';
	size_t at = start;
	for (; text[at] && (quote || text[at] != ';'); at++) {
		if (quote && text[at] == '\\' && text[at + 1])
			at++;
		else if (quote)
			quote = text[at] == quote ? '\0' : quote;
		else if (text[at] == '"' || text[at] == '\'')
			quote = text[at];
	}
	return at;
}

struct error *rule_list_parse(const char *text, enum rule_use use, const struct eval_context *names, struct rule_list *rules)
{
	struct error *error = NULL;
	size_t before = rules->count;
	for (size_t start = 0; !error;) {
		struct rule *rule = NULL;
		struct rule_source source = { .text = text, .start = start, .end = find_rule_end(text, start), .use = use, .names = names };
		error = rule_parse(&source, &rule);
		if (!error)
			*vec_push(rules) = rule;
		if (!text[source.end] || !text[source.end + 1 + strspn(text + source.end + 1, " \t\r\n")])
			break;
		start = source.end + 1;
	}
	while (error && rules->count > before)
		rule_destroy(rules->items[--rules->count]);
	return error;
}

static struct rule *take_same(struct rule_list *old, const struct rule *rule)
{
	for (size_t i = 0; i < old->count; i++) {
		struct rule *same = old->items[i];
		if (same->use != rule->use || !str_equal(same->text, rule->text))
			continue;
		vec_remove(old, i);
		return same;
	}
	return NULL;
}

void rule_list_replace(struct rule_list *old, struct rule_list *rules)
{
	vec_each(item, rules) {
		struct rule *same = take_same(old, *item);
		if (!same)
			continue;
		rule_destroy(*item);
		*item = same;
	}
	rule_list_deinit(old);
	*old = *rules;
	*rules = (struct rule_list){ 0 };
}
