// What the Syscalls view shows of a session: its rows in words, what holds, and why there are none.
import { FilterProblem, parseFilter, type Filter } from './filter';
import { callText, clockText, durationText, elapsedText, gapText, resultText } from './format';
import type { EmptyReason, RowText, SummaryText, ViewState } from './messages';
import type { SyscallList, TracedCall } from './protocol';
import { isGap, type Entry, type Trace } from './trace';

/** Longer texts are cut in rows; the details have all of it. */
const TEXT_MAX = 300;

export interface ShownSession {
  readonly id: string;
  readonly trace: Trace;
  readonly start: number;
  readonly isTracing: boolean;
  /** By which it traces, or traced; undefined: it does not. */
  readonly rule: string | undefined;
  readonly hasEnded: boolean;
}

const cut = (text: string): string => text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
const count = (n: number): string => n.toLocaleString('en');
const calls = (n: number): string => `${count(n)} ${n === 1 ? 'call' : 'calls'}`;

export function placeText(call: TracedCall): string | undefined {
  return call.source?.path === undefined ? undefined : `${call.source.path}:${call.line ?? 1}`;
}

function tooltip(call: TracedCall): string {
  const lines = [
    `${call.name}, system call ${call.number}${call.abi === 'x86-64' ? '' : ` (${call.abi})`}`,
    ...call.arguments.map(({ name, text }) => `  ${name}: ${cut(text)}`),
    `  = ${resultText(call)}`,
    `${clockText(call.time)}, ${call.durationNs ? `took ${durationText(call.durationNs)}` : 'time not known'}, thread ${call.threadId}`,
    placeText(call) ?? 'Source line not known',
  ];
  return lines.join('\n');
}

/** Short enough for a row: the directory behind AT_FDCWD and the -1 before an error say little there. The details have all of it. */
function rowArguments(call: TracedCall): string {
  return call.arguments.map(({ text }) => text.replace(/^AT_FDCWD<.*>$/, 'AT_FDCWD')).join(', ');
}

function rowResult(call: TracedCall): string {
  return call.errno === undefined ? resultText(call) : resultText(call).replace(/^-1 /, '');
}

export function rowText(number: number, entry: Entry, start: number): RowText {
  if (isGap(entry)) {
    return { number, gap: gapText(entry.dropped), time: '', thread: '', name: '', arguments: '', result: '', duration: '', tooltip: '',
      isError: false, isInjected: false };
  }
  return {
    number, time: elapsedText(entry.time, start), thread: String(entry.threadId), name: entry.name, arguments: cut(rowArguments(entry)),
    result: cut(rowResult(entry)), duration: durationText(entry.durationNs), tooltip: tooltip(entry), isError: entry.errno !== undefined,
    isInjected: entry.injected === true || entry.delayed === true,
  };
}

export class ViewModel {
  private shown: ShownSession | undefined;
  /** What is shown while it is paused. */
  private frozen: Trace | undefined;
  private pausedAt = 0;
  private filterText = '';
  private areErrorsOnly = false;
  private filterProblem: string | undefined;
  private filter: Filter | undefined;
  private generation = 0;
  private reveal: number | undefined;
  private from = 0;
  private count = 0;
  private isFollowing = true;

  isSummaryShown = false;
  /** For a session that does not trace yet. */
  rule = '';
  ruleProblem: string | undefined;

  constructor(private list: SyscallList) {}

  get session(): ShownSession | undefined {
    return this.shown;
  }

  get isPaused(): boolean {
    return this.frozen !== undefined;
  }

  /** The calls on the screen and those that can be scrolled to. */
  get trace(): Trace | undefined {
    return this.frozen ?? this.shown?.trace;
  }

  /** Groups are known only when an adapter has been asked. */
  setList(list: SyscallList): void {
    this.list = list;
    this.setFilter(this.filterText, this.areErrorsOnly, undefined);
  }

  show(session: ShownSession | undefined): void {
    if (session?.id === this.shown?.id)
      return;
    this.shown?.trace.setFilter(undefined);
    this.frozen = undefined;
    this.shown = session;
    this.isFollowing = true;
    this.applyFilter(undefined);
  }

  /** `selected`: the number of an entry that is to stay in sight. A wrong filter leaves what is shown as it is. */
  setFilter(text: string, areErrorsOnly: boolean, selected: number | undefined): void {
    this.filterText = text;
    this.areErrorsOnly = areErrorsOnly;
    try {
      this.filter = parseFilter(text, areErrorsOnly, this.list);
      this.filterProblem = undefined;
    } catch (error) {
      if (!(error instanceof FilterProblem))
        throw error;
      this.filterProblem = error.message;
      return;
    }
    this.applyFilter(selected);
  }

  setWindow(from: number, count: number, isFollowing: boolean): void {
    this.from = from;
    this.count = count;
    this.isFollowing = isFollowing;
  }

  pause(): void {
    if (!this.shown || this.frozen)
      return;
    this.frozen = this.shown.trace.snapshot();
    this.pausedAt = this.shown.trace.callCount;
  }

  resume(): void {
    if (!this.frozen)
      return;
    this.frozen = undefined;
    this.isFollowing = true;
    this.applyFilter(undefined);
  }

  /** The calls of the shown session are others: it began anew or was cleared. */
  restarted(): void {
    this.frozen = undefined;
    this.isFollowing = true;
    this.reveal = undefined;
    this.generation++;
  }

  state(sessions: ViewState['sessions'], willTrace: boolean): ViewState {
    const { trace, reveal } = this;
    const firstRow = trace?.firstRow ?? 0;
    const endRow = trace?.endRow ?? 0;
    const last = Math.max(firstRow, endRow - this.count);
    const from = this.isFollowing ? last : Math.min(Math.max(this.from, firstRow), last);
    this.reveal = undefined;
    return {
      type: 'state', sessions, session: this.shown?.id, isTracing: this.shown?.isTracing ?? willTrace,
      rule: this.shown?.rule ?? this.rule,
      ruleProblem: this.ruleProblem, filter: this.filterText, filterProblem: this.filterProblem, areErrorsOnly: this.areErrorsOnly,
      isPaused: this.isPaused, status: this.status(), empty: endRow > firstRow ? undefined : this.emptyReason(willTrace),
      hasThreads: trace?.hasThreads ?? false, summary: this.isSummaryShown ? this.summary() : undefined, generation: this.generation, reveal,
      firstRow, endRow, from, rows: this.rows(from, Math.min(endRow, from + this.count)),
    };
  }

  private rows(from: number, end: number): RowText[] {
    const rows: RowText[] = [];
    for (let row = from; row < end; row++) {
      const found = this.trace?.row(row);
      if (found)
        rows.push(rowText(found.number, found.entry, this.shown?.start ?? 0));
    }
    return rows;
  }

  private applyFilter(selected: number | undefined): void {
    this.shown?.trace.setFilter(this.filter);
    this.frozen?.setFilter(this.filter);
    this.generation++;
    this.reveal = selected === undefined ? undefined : this.trace?.rowOf(selected);
    if (this.reveal !== undefined)
      this.isFollowing = false;
  }

  private status(): string {
    const { trace, shown } = this;
    if (!trace || !shown || trace.callCount === 0)
      return '';
    const rows = trace.endRow - trace.firstRow;
    const parts = [this.filter ? `${count(rows)} of ${calls(trace.callCount)}` : calls(trace.callCount)];
    if (!this.filter && rows < trace.callCount)
      parts.push(`the last ${count(rows)} are kept`);
    if (this.isPaused)
      parts.push(`paused, ${count(shown.trace.callCount - this.pausedAt)} more since`);
    return parts.join('; ');
  }

  private emptyReason(willTrace: boolean): EmptyReason {
    const { trace, shown } = this;
    if (trace && trace.callCount > 0)
      return 'filtered';
    if (!shown || shown.hasEnded)
      return willTrace ? 'willTrace' : shown ? 'ended' : 'noSession';
    return shown.isTracing ? 'waiting' : 'notTraced';
  }

  private summary(): SummaryText[] {
    return (this.trace?.summary() ?? []).map(({ name, calls, errors, ns }) => ({
      name, calls: count(calls), errors: errors === 0 ? '' : count(errors), total: durationText(ns), average: durationText(Math.round(ns / calls)),
    }));
  }
}

/** The details of a selected entry: its whole line, and where it was made. */
export function detailsText(entry: Entry): { line: string; note: string } {
  if (isGap(entry))
    return { line: gapText(entry.dropped), note: '' };
  return { line: callText(entry), note: placeText(entry) ?? 'The source line of the caller is not known.' };
}
