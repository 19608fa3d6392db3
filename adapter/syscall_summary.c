#include "adapter/syscall_summary.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"

struct row {
	enum syscall_abi abi;
	uint64_t number;
	uint64_t calls, errors, ns;
};

static uint64_t key_of(const struct syscall_event *event)
{
	return event->number << 2 | (uint64_t)event->abi;
}

void syscall_summary_deinit(struct syscall_summary *summary)
{
	for (struct map_entry *entry = map_next(&summary->rows, NULL); entry; entry = map_next(&summary->rows, entry))
		free(entry->value);
	map_deinit(&summary->rows);
	summary->rows = (struct map)MAP_INIT;
}

void syscall_summary_add(struct syscall_summary *summary, const struct syscall_event *event)
{
	if (event->phase == SYSCALL_ENTRY)
		return;   // exit_group: what never returns is not counted, as by strace -c
	struct row *row = map_get(&summary->rows, key_of(event));
	if (!row) {
		row = xcalloc(1, sizeof(*row));
		row->abi = event->abi;
		row->number = event->number;
		map_set(&summary->rows, key_of(event), row);
	}
	row->calls++;
	row->errors += event->is_error;
	row->ns += event->duration_ns;
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *left = *(struct row *const *)a, *right = *(struct row *const *)b;
	if (left->ns != right->ns)
		return left->ns < right->ns ? 1 : -1;
	if (left->calls != right->calls)
		return left->calls < right->calls ? 1 : -1;
	return (left->number > right->number) - (left->number < right->number);
}

static void format_row(const struct row *row, uint64_t total_ns, const char *name, struct str *text)
{
	double share = total_ns ? 100.0 * (double)row->ns / (double)total_ns : 0;
	str_printf(text, "%6.2f %12.6f %11.1f %9" PRIu64 " ", share, (double)row->ns / 1e9,
		   row->calls ? (double)row->ns / 1e3 / (double)row->calls : 0, row->calls);
	if (row->errors)
		str_printf(text, "%9" PRIu64 " %s\n", row->errors, name);
	else
		str_printf(text, "%9s %s\n", "", name);
}

static const char rule[] = "------ ------------ ----------- --------- --------- ----------------\n";

void syscall_summary_format(const struct syscall_summary *summary, struct str *text)
{
	size_t count = 0;
	struct row total = { 0 };
	_cleanup_free_ struct row **rows = xcalloc(summary->rows.count + 1, sizeof(*rows));
	for (struct map_entry *entry = map_next(&summary->rows, NULL); entry; entry = map_next(&summary->rows, entry)) {
		struct row *row = rows[count++] = entry->value;
		total.calls += row->calls;
		total.errors += row->errors;
		total.ns += row->ns;
	}
	if (!count)
		return;
	qsort(rows, count, sizeof(*rows), compare_rows);
	str_printf(text, "%6s %12s %11s %9s %9s %s\n%s", "% time", "seconds", "us/call", "calls", "errors", "syscall", rule);
	for (size_t i = 0; i < count; i++) {
		_cleanup_str_ struct str name = STR_INIT;
		str_printf(&name, "%s%s", syscall_name(rows[i]->abi, rows[i]->number), syscall_abi_suffix(rows[i]->abi));
		format_row(rows[i], total.ns, str_text(&name), text);
	}
	str_add(text, rule);
	format_row(&total, total.ns, "total", text);
}
