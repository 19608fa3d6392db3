// Rules as docs/syscalls.md has them, as far as the editor has to know: which of them are plain sets of calls, which can be ticked in a list.
import type { SyscallList } from './protocol';

/** What a rule consists of for one who ticks: `all`, names and %groups that are chosen, and the rules that say more than that. */
export interface Picks {
  readonly calls: readonly string[];
  readonly rules: readonly string[];
}

/** Rules one by one: ';' separates them outside quotes. */
export function splitRules(text: string): string[] {
  const rules = [...text.matchAll(/(?:[^;"']|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)+/g)].map(([rule]) => rule.trim());
  return rules.filter((rule) => rule !== '');
}

/** `text` is a rule in use; undefined: none. */
export function picksOf(text: string | undefined, list: SyscallList): Picks {
  if (text === undefined)
    return { calls: [], rules: [] };
  const known = new Set(['all', ...list.syscalls.map(({ name }) => name), ...list.groups.map(({ name }) => `%${name}`)]);
  const parts = splitRules(text);
  const calls = new Set<string>(parts.length === 0 ? ['all'] : []);
  const rules: string[] = [];
  for (const part of parts) {
    const names = part.split(',').map((name) => name.trim());
    if (names.every((name) => known.has(name)))
      names.forEach((name) => calls.add(name));
    else
      rules.push(part);
  }
  return { calls: [...calls], rules };
}

/** The other way round; null: nothing is chosen. What was typed comes first, so that columns of mistakes are right. */
export function ruleOf({ calls, rules }: Picks): string | null {
  const set = calls.includes('all') ? ['all'] : calls.length > 0 ? [calls.join(',')] : [];
  const all = [...rules, ...set];
  return all.length === 0 ? null : all.join('; ');
}

/** Would this text be typed to look for an item of a list, rather than as a rule? */
export function isRule(text: string, list: SyscallList): boolean {
  const trimmed = text.trim();
  return /[\s,;@#!/]/.test(trimmed) || /^\d+$/.test(trimmed) && list.syscalls.some(({ number }) => number === Number(trimmed));
}

/** The names of the calls of `openat,%file,!close`. What is no call and no group is told to `refuse`. */
export function callsOfSet(text: string, list: SyscallList, refuse: (problem: string) => void): Set<string> {
  const items = text.split(',').map((item) => item.trim()).filter((item) => item !== '');
  const everyName = (): string[] => list.syscalls.map(({ name }) => name);
  const set = new Set<string>(items[0]?.startsWith('!') ? everyName() : []);
  for (const item of items) {
    const isOut = item.startsWith('!');
    const name = isOut ? item.slice(1) : item;
    const group = name.startsWith('%') ? name.slice(1) : undefined;
    const members = name === 'all' || name === 'none' ? everyName() :
      list.syscalls.filter((call) => group === undefined ? call.name === name || String(call.number) === name : call.groups.includes(group)).map((call) => call.name);
    if (members.length === 0)
      refuse(group === undefined ? `There is no system call “${name}”.` : `There is no group “${name}”.`);
    members.forEach((member) => isOut !== (name === 'none') ? set.delete(member) : set.add(member));
  }
  return set;
}

/** What the adapter says of a rule, without the member of the request: the user has typed none. */
export function ruleMistake(error: unknown): string {
  return (error as Error).message.replace(/^arguments\.(trace|stop|inject)(\[\d+\])?: /, '');
}
