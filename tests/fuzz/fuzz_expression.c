// links: ptdap_eval
// Arbitrary text, parsed and evaluated in a made-up program; what comes out is formatted and opened.
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/eval/world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct eval_context *context, struct value *value, const struct value_format *format)
{
	_cleanup_str_ struct str text = STR_INIT;
	uint64_t counts[2];
	value_format(context, value, format, &text);
	struct error *error = value_child_counts(context, value, &counts[0], &counts[1]);
	for (int is_indexed = 0; is_indexed < 2 && !error; is_indexed++) {
		struct value_child *children = NULL;
		size_t count = 0;
		error = value_children(context, value, is_indexed, 0, 20, &children, &count);
		for (size_t i = 0; i < count; i++) {
			if (!children[i].error)
				value_format(context, &children[i].value, format, &text);
			error_destroy(children[i].error);
		}
	}
	error_destroy(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct eval_context context = world_begin();
	_cleanup_free_ char *text = xstrndup((const char *)data, size);
	struct value value;
	struct value_format format;
	struct error *error = evaluate_text(text, &context, &value, &format);
	if (!error)
		look_at(&context, &value, &format);
	error_destroy(error);
	struct template *template;
	_cleanup_str_ struct str words = STR_INIT;
	error = template_parse(text, &context, &template);
	if (!error) {
		template_expand(template, &context, &words);
		template_destroy(template);
	}
	error_destroy(error);
	fake_context_end(&context);
	return 0;
}
