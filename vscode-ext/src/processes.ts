// The processes of this machine, read from /proc. Knows no VS Code.
import { readFile, readdir, readlink, stat } from 'node:fs/promises';

export interface Process {
  readonly pid: number;
  readonly name: string;
  readonly commandLine: string;
  readonly user: string;
  /** Since the boot, in clock ticks. */
  readonly started: number;
}

export interface ProcessFilter {
  /** Undefined: of every user. */
  readonly uid: number | undefined;
  /** These are left out. */
  readonly except: ReadonlySet<number>;
}

export interface Stat {
  readonly name: string;
  readonly state: string;
  readonly parent: number;
  readonly isKernelThread: boolean;
  readonly threadCount: number;
  readonly started: number;
}

const PF_KTHREAD = 0x200000;
const parallel = 64;

/** /proc/PID/stat. The name may hold blanks and parentheses: the last one ends it. */
export function parseStat(text: string): Stat | undefined {
  const begin = text.indexOf('(');
  const end = text.lastIndexOf(')');
  if (begin < 0 || end < begin)
    return undefined;
  const fields = text.slice(end + 2).split(' ');
  return {
    name: text.slice(begin + 1, end),
    state: fields[0] ?? '',
    parent: Number(fields[1]),
    isKernelThread: (Number(fields[6]) & PF_KTHREAD) !== 0,
    threadCount: Number(fields[17]),
    started: Number(fields[19]),
  };
}

/**
 * /proc/PID/cmdline as one line: arguments end in NUL; those with blanks are quoted, unless it is a title that the
 * process has given itself. Control characters become blanks.
 */
export function commandLine(text: string): string {
  const words = text.replace(/\0+$/, '').split('\0');
  const shown = words.length === 1 ? words : words.map((word) => (/^[^\s'"\\]+$/.test(word) ? word : `'${word}'`));
  return shown.join(' ').replace(/[\x00-\x1f\x7f]/g, ' ');
}

/** Names of users by number, of /etc/passwd's text. */
export function parseUsers(text: string): Map<number, string> {
  const users = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name, , uid] = line.split(':');
    if (name && uid && !users.has(Number(uid)))
      users.set(Number(uid), name);
  }
  return users;
}

/** Processes that a debugger can attach to (no kernel threads, no zombies), the newest first. */
export async function listProcesses(filter: ProcessFilter): Promise<Process[]> {
  const users = parseUsers(await readFile('/etc/passwd', 'utf8').catch(() => ''));
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => !filter.except.has(pid));
  const processes: Process[] = [];
  for (let i = 0; i < pids.length; i += parallel)
    for (const process of await Promise.all(pids.slice(i, i + parallel).map((pid) => readProcess(pid, filter.uid, users))))
      if (process)
        processes.push(process);
  return processes.sort((a, b) => b.started - a.started || b.pid - a.pid);
}

async function readProcess(pid: number, ofUser: number | undefined, users: ReadonlyMap<number, string>): Promise<Process | undefined> {
  try {
    const { uid } = await stat(`/proc/${pid}`);
    if (ofUser !== undefined && uid !== ofUser)
      return undefined;
    const status = parseStat(await readFile(`/proc/${pid}/stat`, 'utf8'));
    if (!status || status.isKernelThread || status.state === 'X')
      return undefined;
    // The first thread may have ended before the others. It stays as a zombie then, and has let go of the memory.
    const hasFirst = status.state !== 'Z';
    if (!hasFirst && status.threadCount <= 1)
      return undefined;
    const thread = hasFirst ? pid : (await readdir(`/proc/${pid}/task`)).map(Number).find((tid) => tid !== pid);
    const words = await readFile(`/proc/${pid}/task/${thread}/cmdline`, 'utf8');
    return {
      pid, name: status.name, commandLine: words === '' ? `[${status.name}]` : commandLine(words),
      user: users.get(uid) ?? String(uid), started: status.started,
    };
  } catch {
    return undefined;  // it has ended meanwhile
  }
}

/** A process and those above it that run the same program: an editor's own, which would stop with the debuggee. */
export async function withAncestorsOfSameProgram(pid: number): Promise<Set<number>> {
  const found = new Set<number>();
  const program = await readlink(`/proc/${pid}/exe`).catch(() => undefined);
  for (let at = pid; at > 0 && !found.has(at);) {
    if (await readlink(`/proc/${at}/exe`).catch(() => undefined) !== program)
      break;
    found.add(at);
    at = parseStat(await readFile(`/proc/${at}/stat`, 'utf8').catch(() => ''))?.parent ?? 0;
  }
  return found;
}
