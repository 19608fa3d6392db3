// The text of an injection, docs/syscalls.md: SET:error=ENOENT:when=3.

export type Effect =
  | { readonly kind: 'error'; readonly value: string }
  | { readonly kind: 'retval'; readonly value: string }
  | { readonly kind: 'signal'; readonly value: string }
  | { readonly kind: 'delay_enter'; readonly value: string }
  | { readonly kind: 'delay_exit'; readonly value: string };

export interface Injection {
  /** A set of calls, maybe with a condition: `write if $arg.fd == 2`. */
  readonly rule: string;
  readonly effect: Effect;
  /** `3`, `2+`, `1..4`, `1+2`; undefined: each of them. */
  readonly when?: string;
}

export function injectionText({ rule, effect, when }: Injection): string {
  const [, set = '', condition = ''] = /^(.*?)(\s+if\s.*)?$/s.exec(rule.trim()) ?? [];
  return `${set.replace(/\s*,\s*/g, ',')}:${effect.kind}=${effect.value}${when === undefined ? '' : `:when=${when}`}${condition}`;
}

/** Undefined: it can be sent. The adapter has the last word. */
export function checkValue(kind: Effect['kind'], text: string): string | undefined {
  const value = text.trim();
  switch (kind) {
    case 'error':
      return /^E[A-Z0-9]+$/.test(value) || /^\d+$/.test(value) && Number(value) >= 1 && Number(value) <= 4095 ? undefined :
        'An error is a name such as ENOENT, or a number from 1 to 4095.';
    case 'retval':
      return /^-?(0x[0-9a-f]+|\d+)$/i.test(value) ? undefined : 'A returned value is a number such as 0, 4096 or 0x1000.';
    case 'signal':
      return /^(SIG)?[A-Z][A-Z0-9_+]*$/.test(value) || /^\d+$/.test(value) ? undefined : 'A signal is a name such as SIGUSR1, or a number.';
    case 'delay_enter':
    case 'delay_exit':
      return /^\d+(\.\d+)?(s|ms|us|ns)?$/.test(value) ? undefined : 'A delay is a number of microseconds, or has a unit: 20ms, 1.5s.';
  }
}

export function checkWhen(text: string): string | undefined {
  return /^\d+(\.\.\d+)?(\+\d*)?$/.test(text.trim()) && !/^0/.test(text.trim()) ? undefined :
    'Calls are counted from 1: 3 (the third), 2+ (from the second on), 1..4 (the first four), 1+2 (every second one).';
}

function ordinal(n: number): string {
  const suffix = n % 100 >= 11 && n % 100 <= 13 ? 'th' : { 1: 'st', 2: 'nd', 3: 'rd' }[n % 10] ?? 'th';
  return `${n}${suffix}`;
}

function whenWords(when: string | undefined): string {
  if (when === undefined || when === '1+')
    return 'Each call';
  if (/^\d+$/.test(when))
    return when === '1' ? 'The first call' : `The ${ordinal(Number(when))} call`;
  const from = /^(\d+)\+$/.exec(when);
  return from ? `Each call from the ${ordinal(Number(from[1]))} on` : `Of the calls ${when}, each`;
}

/** A sentence for the user. */
export function describeInjection({ rule, effect, when }: Injection): string {
  const calls = `${whenWords(when)} of ${rule.trim()}`;
  switch (effect.kind) {
    case 'error': return `${calls} fails with ${effect.value} and is not made.`;
    case 'retval': return `${calls} returns ${effect.value} and is not made.`;
    case 'signal': return `${calls} comes with ${effect.value}.`;
    case 'delay_enter': return `${calls} is delayed by ${effect.value} before it is made.`;
    case 'delay_exit': return `${calls} is delayed by ${effect.value} before it returns.`;
  }
}
