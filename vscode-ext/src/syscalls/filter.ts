// What the filter box of the Syscalls view means.
import { callText } from './format';
import type { SyscallList, TracedCall } from './protocol';
import { callsOfSet } from './rules';

export type Filter = (call: TracedCall) => boolean;

/** A mistake in the text, worded for the user. */
export class FilterProblem extends Error {}

/** Words, and "words in quotes"; an open quote reaches to the end. */
function words(text: string): { word: string; isQuoted: boolean; isNegated: boolean }[] {
  return [...text.matchAll(/(!?)(?:"([^"]*)"?|(\S+))/g)]
    .map(([, sign, quoted, word]) => ({ word: (quoted ?? word ?? '').toLowerCase(), isQuoted: quoted !== undefined, isNegated: sign === '!' }))
    .filter(({ word, isQuoted }) => word !== '' && (isQuoted || word !== '!'));
}

function test(word: string, isQuoted: boolean, list: SyscallList): Filter {
  if (!isQuoted && /^%|,/.test(word)) {
    const set = callsOfSet(word, list, (problem) => {
      throw new FilterProblem(problem);
    });
    return (call) => set.has(call.name);
  }
  return (call) => callText(call).toLowerCase().includes(word);
}

/**
 * All words must occur in the line of a call, whatever their case; none of those with ! before them. A word with a comma or a % is a set
 * of calls, as rules have it: `openat,%network`. Undefined: everything. Throws a FilterProblem.
 */
export function parseFilter(text: string, areErrorsOnly: boolean, list: SyscallList): Filter | undefined {
  const tests = words(text).map(({ word, isQuoted, isNegated }) => {
    const holds = test(word, isQuoted, list);
    return isNegated ? (call: TracedCall): boolean => !holds(call) : holds;
  });
  if (areErrorsOnly)
    tests.unshift((call) => call.errno !== undefined);
  return tests.length === 0 ? undefined : (call) => tests.every((holds) => holds(call));
}
