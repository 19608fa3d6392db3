// "Step in" enters functions with source and steps over those without: a function whose line information names a file that is
// not here (the C library with its debug information installed, say) is one without.
#include <unistd.h>

#include "engine/run/step.h"

static bool is_present(struct step_plan *plan, const struct source_file *file)
{
	struct debugger *debugger = plan->plan.thread->debugger;
	if (file == plan->known_file)
		return plan->is_known_present;
	const char *client_path = strmap_get(&debugger->client_paths, file->path);
	plan->known_file = file;
	plan->is_known_present = client_path || access(file->path, R_OK) == 0;
	return plan->is_known_present;
}

// A program that was built elsewhere: whoever steps where its source is not here does not ask for source.
static bool began_with_source(struct step_plan *plan)
{
	if (!plan->is_begin_known) {
		plan->is_begin_present = !plan->begin_file || is_present(plan, plan->begin_file);
		plan->is_begin_known = true;
	}
	return plan->is_begin_present;
}

bool step_enters(struct step_plan *plan, uint64_t address)
{
	struct line_position position;
	if (!modules_line_at(plan->plan.thread->debugger->space.modules, address, &position) || !position.line || !position.file)
		return false;
	return is_present(plan, position.file) || !began_with_source(plan);
}

bool step_has_source(struct step_plan *plan, uint64_t address)
{
	struct line_position position;
	struct modules *modules = plan->plan.thread->debugger->space.modules;
	if (step_enters(plan, address))
		return true;
	if (!plan->needs_source || !modules_line_at(modules, address, &position) || !position.line)
		return false;
	const struct module *module = modules_find(modules, address);
	return module && module->is_executable;
}
