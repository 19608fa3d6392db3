// The debug adapter as a program on disk: where it is, whether it starts, and if not, why and what to do. Knows no VS Code.
import { execFile, type ExecFileException } from 'node:child_process';
import { constants } from 'node:fs';
import { access, appendFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import * as path from 'node:path';
import { isForX86_64, readElf } from './elf';

/** Why the adapter cannot be used; the message names the reason and the cure. */
export class AdapterProblem extends Error {
  constructor(message: string, readonly setting = 'ptdap.path') {
    super(message);
  }
}

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** ~ and ${workspaceFolder} at the places where a user writes them; a relative path is one of the folder. */
export function expandPath(text: string, folder: string | undefined): string {
  let expanded = text.trim();
  if (expanded === '~' || expanded.startsWith('~/'))
    expanded = homedir() + expanded.slice(1);
  if (folder !== undefined) {
    expanded = expanded.replaceAll('${workspaceFolder}', folder);
    if (expanded !== '')
      expanded = path.resolve(folder, expanded);
  }
  return expanded;
}

export function checkPlatform(platform: string, arch: string): void {
  if (platform === 'linux' && arch === 'x64')
    return;
  throw new AdapterProblem(`ptdap debugs programs on x86-64 Linux only, and this window runs on ${platform}-${arch}. ` +
    'Open the folder on such a machine (Remote - SSH, WSL, a container) and install the extension there.');
}

const chosen = (isSetting: boolean): string => (isSetting ? ' Correct the setting ptdap.path, or clear it to use the adapter inside the extension.' : '');

/** Throws an AdapterProblem unless there is an executable file. Gives a stamp that changes with the file. */
export async function checkFile(file: string, isSetting: boolean): Promise<string> {
  const cure = isSetting ? chosen(true) : ' Reinstall the extension, or choose another adapter with the setting ptdap.path.';
  if (file.includes('${workspaceFolder}'))
    throw new AdapterProblem(`The setting ptdap.path names \${workspaceFolder}, but no folder is open.${chosen(true)}`);
  let status;
  try {
    status = await stat(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reason = code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : `cannot be opened (${code})`;
    throw new AdapterProblem(`The debug adapter ${file} ${reason}.${cure}`);
  }
  if (!status.isFile())
    throw new AdapterProblem(`The debug adapter ${file} is not a file.${cure}`);
  try {
    await access(file, constants.X_OK);
  } catch {
    throw new AdapterProblem(`The debug adapter ${file} is not executable. Run: chmod +x '${file}'`);
  }
  const elf = await readElf(file).catch(() => undefined);  // it may be executable without being readable
  if (elf && !isForX86_64(elf))
    throw new AdapterProblem(`The debug adapter ${file} is a program for another processor.${cure}`);
  return `${file}\0${status.ino}\0${status.mtimeMs}\0${status.size}`;
}

/** Throws an AdapterProblem unless the adapter can write its log there. */
export async function checkLogFile(file: string): Promise<void> {
  try {
    await appendFile(file, '');
  } catch (error) {
    throw new AdapterProblem(`The log file ${file} cannot be written (${(error as NodeJS.ErrnoException).code}). Correct the setting ptdap.logFile, or clear it.`,
      'ptdap.logFile');
  }
}

/** What the dynamic linker, or the kernel, complains of when a program does not start, in the user's words. */
export function explainFailure(file: string, isSetting: boolean, error: { code?: unknown; signal?: unknown; message?: string }, stderr: string): string {
  const said = stderr.trim();
  const quoted = said === '' ? '' : ` It says: ${/[.!?]$/.test(said) ? said : `${said}.`}`;
  const library = /error while loading shared libraries: ([^:\s]+)/.exec(said);
  if (library)
    return `The debug adapter ${file} does not start: the library ${library[1]} is missing. Install the package that has it, or use ` +
      `the adapter inside the extension (clear the setting ptdap.path).${quoted}`;
  const glibc = /version [`']?(GLIBC_[\d.]+)'? not found/.exec(said);
  if (glibc)
    return `The debug adapter ${file} does not start: it needs a newer C library (${glibc[1]}; Debian 12, Ubuntu 23.04, Fedora 37 or ` +
      `newer have what the extension needs).${isSetting ? chosen(true) : ' Build ptdap on this machine and name it in the setting ptdap.path.'}${quoted}`;
  if (error.code === 'ENOENT')
    return `The debug adapter ${file} does not start: its dynamic linker (/lib64/ld-linux-x86-64.so.2, of glibc) is missing. ` +
      `Install glibc (on Alpine: gcompat), or build ptdap on this machine and name it in the setting ptdap.path.`;
  if (error.code === 'EACCES')
    return `The debug adapter ${file} may not be executed: it lies on a file system mounted with noexec, or the system's policy forbids it.`;
  const how = typeof error.signal === 'string' ? `it was ended by ${error.signal}` :
    typeof error.code === 'number' ? `it ended with status ${error.code}` : (error.message ?? String(error.code));
  return `The debug adapter ${file} does not work: ${how}.${quoted}${chosen(isSetting)}`;
}

/** How a program is started. */
export interface AdapterCommand {
  readonly program: string;
  readonly args: string[];
  /** Added to the environment of the extension host. */
  readonly env: Record<string, string>;
}

/** The adapter with changes of its environment; null takes a variable out, which VS Code cannot do for an adapter. */
export function commandWith(changes: Readonly<Record<string, string | null>>, file: string, args: readonly string[]): AdapterCommand {
  const env = Object.fromEntries(Object.entries(changes).filter((change): change is [string, string] => change[1] !== null));
  const unset = Object.keys(changes).filter((name) => changes[name] === null);
  if (unset.length === 0)
    return { program: file, args: [...args], env };
  const command = file.includes('=') ? ['/bin/sh', '-c', 'exec "$0" "$@"', file] : [file];  // env would take it for NAME=VALUE
  return { program: '/usr/bin/env', args: [...unset.flatMap((name) => ['-u', name]), ...command, ...args], env };
}

/** The environment of the extension host with changes; null takes a variable out. */
export function environmentWith(changes: Readonly<Record<string, string | null>>): NodeJS.ProcessEnv {
  return { ...process.env, ...Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, value ?? undefined])) };
}

function execute(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Output & { readonly error: ExecFileException | null }> {
  return new Promise((resolve) => {
    const options = { env, timeout: 30_000, maxBuffer: 16 << 20, encoding: 'utf8' as const };
    const child = execFile(file, args, options, (error, stdout, stderr) => resolve({ error, stdout, stderr }));
    child.stdin?.end();
  });
}

/** Runs the adapter once. Throws an AdapterProblem if it fails. */
export async function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv, isSetting: boolean): Promise<Output> {
  const { error, stdout, stderr } = await execute(file, args, env);
  if (error)
    throw new AdapterProblem(explainFailure(file, isSetting, error, stderr));
  return { stdout, stderr };
}

/** What is wrong with a rule of system calls, in the adapter's words. Undefined: nothing, or it cannot be asked, which the launch will tell. */
export async function mistakeInRule(file: string, rule: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { error, stderr } = await execute(file, ['--check-syscalls', rule], env);
  return error?.code === 1 ? /^ptdap: (.*)/.exec(stderr)?.[1] : undefined;
}

/** What adapters print, asked once for each version of the file, its arguments and the changes of its environment. */
export class KnownOutputs {
  private readonly outputs = new Map<string, Promise<string>>();

  /** Throws an AdapterProblem if there is no such adapter, or it fails. */
  async of(file: string, args: readonly string[], changes: Readonly<Record<string, string | null>>, isSetting: boolean): Promise<string> {
    const key = JSON.stringify([await checkFile(file, isSetting), args, changes]);
    const output = this.outputs.get(key) ?? run(file, args, environmentWith(changes), isSetting).then(({ stdout }) => stdout);
    this.outputs.set(key, output);
    output.catch(() => this.outputs.delete(key));  // what failed is tried again: a library may be installed meanwhile
    return output;
  }
}
