// The calls of one session, as many as are kept, and which of them the filter shows.
import type { Filter } from './filter';
import type { TraceEvent, TracedCall } from './protocol';
import { Ring } from './ring';

/** A place where calls are missing. */
export interface Gap {
  readonly dropped: number;
}

export type Entry = TracedCall | Gap;

export function isGap(entry: Entry): entry is Gap {
  return 'dropped' in entry;
}

export interface CallSummary {
  readonly name: string;
  readonly calls: number;
  readonly errors: number;
  readonly ns: number;
}

export const TRACE_CAPACITY = 50_000;

export class Trace {
  private entries: Ring<Entry>;
  /** Numbers of entries that are shown. */
  private shown: Ring<number>;
  private filter: Filter | undefined;
  private readonly threads = new Set<number>();
  private readonly counts = new Map<string, { calls: number; errors: number; ns: number }>();
  private received = 0;

  constructor(private readonly capacity = TRACE_CAPACITY) {
    this.entries = new Ring(capacity);
    this.shown = new Ring(capacity);
  }

  add({ calls, dropped = 0 }: TraceEvent): void {
    if (dropped > 0)
      this.addGap(dropped);
    for (const call of calls) {
      this.threads.add(call.threadId);
      this.count(call);
      this.received++;
      this.push(call);
    }
  }

  clear(): void {
    this.entries = new Ring(this.capacity);
    this.shown = new Ring(this.capacity);
    this.threads.clear();
    this.counts.clear();
    this.received = 0;
  }

  setFilter(filter: Filter | undefined): void {
    this.filter = filter;
    this.shown = new Ring(this.capacity);
    for (let number = this.entries.first; number < this.entries.end; number++)
      this.show(number, this.entries.at(number) as Entry);
  }

  /** As it is now; what comes later is not added to it. */
  snapshot(): Trace {
    const copy = new Trace(this.capacity);
    copy.entries = this.entries.copy();
    copy.shown = this.shown.copy();
    copy.filter = this.filter;
    copy.received = this.received;
    this.threads.forEach((thread) => copy.threads.add(thread));
    this.counts.forEach((count, name) => copy.counts.set(name, { ...count }));
    return copy;
  }

  /** Rows go from `firstRow` to `endRow`; those before were dropped, to stay within the bound. */
  get firstRow(): number {
    return this.shown.first;
  }

  get endRow(): number {
    return this.shown.end;
  }

  /** The entry of a row and its number among all. */
  row(row: number): { readonly number: number; readonly entry: Entry } | undefined {
    const number = this.shown.at(row);
    const entry = number === undefined ? undefined : this.entries.at(number);
    return number === undefined || entry === undefined ? undefined : { number, entry };
  }

  /** Of the entry of that number; undefined: the filter hides it, or it was dropped. */
  rowOf(number: number): number | undefined {
    let low = this.shown.first;
    let high = this.shown.end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.shown.at(middle) as number) < number)
        low = middle + 1;
      else
        high = middle;
    }
    return this.shown.at(low) === number ? low : undefined;
  }

  *rows(): Generator<Entry> {
    for (const number of this.shown)
      yield this.entries.at(number) as Entry;
  }

  entry(number: number): Entry | undefined {
    return this.entries.at(number);
  }

  /** Of all calls since it was cleared, also those that are not kept. */
  get callCount(): number {
    return this.received;
  }

  get hasThreads(): boolean {
    return this.threads.size > 1;
  }

  /** Of all calls since it was cleared, the longest time first. */
  summary(): CallSummary[] {
    return [...this.counts].map(([name, count]) => ({ name, ...count })).sort((a, b) => b.ns - a.ns || b.calls - a.calls);
  }

  private addGap(dropped: number): void {
    const last = this.entries.at(this.entries.end - 1);
    if (last && isGap(last))
      this.entries.replaceLast({ dropped: last.dropped + dropped });
    else
      this.push({ dropped });
  }

  private push(entry: Entry): void {
    this.entries.push(entry);
    this.shown.dropWhile((number) => number < this.entries.first);
    this.show(this.entries.end - 1, entry);
  }

  private show(number: number, entry: Entry): void {
    if (isGap(entry) || !this.filter || this.filter(entry))
      this.shown.push(number);
  }

  private count(call: TracedCall): void {
    const count = this.counts.get(call.name) ?? { calls: 0, errors: 0, ns: 0 };
    this.counts.set(call.name, count);
    count.calls++;
    count.errors += call.errno === undefined ? 0 : 1;
    count.ns += call.durationNs ?? 0;
  }
}
