// A small `ptdap --list-syscalls`, and calls as the adapter sends them.
import type { SyscallList, TracedCall } from '../src/syscalls/protocol';

export const list: SyscallList = {
  syscalls: [
    { name: 'read', number: 0, arguments: ['fd', 'buf', 'count'], groups: ['desc'] },
    { name: 'close', number: 3, arguments: ['fd'], groups: ['desc'] },
    { name: 'stat', number: 4, arguments: ['pathname', 'statbuf'], groups: ['file', 'stat', '%stat'] },
    { name: 'openat', number: 257, arguments: ['dirfd', 'pathname', 'flags', 'mode'], groups: ['file', 'desc'] },
  ],
  groups: ['file', 'desc', 'stat', '%stat'].map((name) => ({ name, description: `Calls of ${name}` })),
  errors: [{ name: 'EPERM', number: 1, description: 'Operation not permitted' }],
};

export function call(name: string, texts: readonly string[], result: number, more: Partial<TracedCall> = {}): TracedCall {
  const known = list.syscalls.find((one) => one.name === name);
  return {
    threadId: 100, processId: 100, time: 1000.5, durationNs: 12_000, name, number: known?.number ?? 999, abi: 'x86-64',
    arguments: texts.map((text, i) => ({ name: known?.arguments[i] ?? `arg${i}`, value: '0x1', text })),
    result, resultText: String(result), ...more,
  };
}

export const missing = call('openat', ['AT_FDCWD', '"/no/Such"', 'O_RDONLY'], -2, { errno: 'ENOENT', resultText: '-1 ENOENT (No such file or directory)' });
