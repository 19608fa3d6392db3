// Calls as text: in the view, and saved.
import type { TracedCall } from './protocol';

export function argumentsText(call: TracedCall): string {
  return call.arguments.map(({ text }) => text).join(', ');
}

/** What a rule did to the call is told behind its result, as strace does it. */
export function resultText(call: TracedCall): string {
  const marks = [['injected', ' (INJECTED)'], ['delayed', ' (DELAYED)']] as const;
  const text = call.resultText ?? '?';
  return text + marks.map(([member, mark]) => call[member] && !text.includes(mark) ? mark : '').join('');
}

/** `openat(AT_FDCWD, "/etc/hosts", O_RDONLY) = 3` */
export function callText(call: TracedCall): string {
  return `${call.name}(${argumentsText(call)}) = ${resultText(call)}`;
}

/** Three digits and a unit: 1.23 ms. Nothing for what was not measured: the entry was not seen, or there is no return. */
export function durationText(ns: number | undefined): string {
  if (ns === undefined || ns === 0)
    return '';
  for (const [size, unit] of [[1e9, 's'], [1e6, 'ms'], [1e3, 'µs']] as const) {
    const count = ns / size;
    if (count >= 0.9995)
      return `${count.toFixed(count < 9.995 ? 2 : count < 99.95 ? 1 : 0)} ${unit}`;
  }
  return `${ns} ns`;
}

/** Seconds since the session began. */
export function elapsedText(time: number, start: number): string {
  return Math.max(0, time - start).toFixed(6);
}

/** The time of the day, with microseconds: 12:01:02.123456. */
export function clockText(time: number): string {
  const micros = Math.round(time * 1e6);
  const date = new Date(Math.floor(micros / 1e6) * 1000);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(micros % 1e6).padStart(6, '0')}`;
}

/** A line as `strace -f -tt -T -o FILE` writes it. */
export function straceLine(call: TracedCall): string {
  const duration = !call.durationNs ? '' : ` <${(call.durationNs / 1e9).toFixed(6)}>`;
  return `${call.threadId} ${clockText(call.time)} ${callText(call)}${duration}`;
}

/** An object as `ptdap trace --json` writes it, and besides the time and the place of the call. */
export function jsonLine(call: TracedCall): string {
  const { processId: pid, threadId: tid, name: syscall, source, ...rest } = call;
  return JSON.stringify({ pid, tid, syscall, ...rest, ...(source?.path === undefined ? {} : { source: source.path }) });
}

export function gapText(dropped: number): string {
  return `${dropped.toLocaleString('en')} ${dropped === 1 ? 'call is' : 'calls are'} missing here: the editor could not keep up.`;
}
