// gdb as the oracle: the same program, the same stop, its words for locals, stack and registers.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

// stdout of the commands, run after the program stopped at `where` ("file.c:12"). options: args, hits (stop at the nth).
export async function gdb(programPath, where, commands, { args = [], hits = 1 } = {}) {
  const all = ['set confirm off', 'set width 0', 'set print elements 0', 'set debuginfod enabled off', 'set startup-with-shell off',
    'handle SIGUSR1 SIGUSR2 SIGALRM nostop noprint pass',
    `break ${where}`, ...(hits > 1 ? [`ignore 1 ${hits - 1}`] : []), 'run', 'echo ==oracle==\\n', ...commands, 'kill'];
  const { stdout } = await run('gdb', ['-batch', '-nx', '-q', ...all.flatMap((c) => ['-ex', c]), '--args', programPath, ...args],
    { timeout: 60000, maxBuffer: 1 << 26 });
  return stdout.slice(stdout.indexOf('==oracle==\n') + 11);
}

// {name: value} of `info locals` or `info args`; the innermost of shadowed names.
export function parseLocals(text) {
  const values = {};
  for (const found of text.matchAll(/^(\w+) = (.*)$/gm)) {
    values[found[1]] ??= found[2];
  }
  return values;
}

// {rax: 0x12n}
export function parseRegisters(text) {
  return Object.fromEntries([...text.matchAll(/^(\w+)\s+(0x[0-9a-f]+)/gm)].map((found) => [found[1], BigInt(found[2])]));
}

// [{name, line}] of `backtrace`.
export function parseBacktrace(text) {
  return [...text.matchAll(/^#\d+\s+(?:0x[0-9a-f]+ in )?(.+?) \(.*\)(?: at .*?:(\d+)| from .*)?$/gm)].map((found) => ({
    name: found[1], line: found[2] === undefined ? undefined : Number(found[2]) }));
}

// The stops at these addresses, `count` of them, as gdb_stops.py writes them: the whole stack with variables and registers.
export async function gdbStops(programPath, { addresses, count, cwd }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ptdap-gdb-'));
  try {
    const output = path.join(folder, 'stops.json');
    const plan = JSON.stringify(JSON.stringify({ addresses, count, output, unset: [] }));
    await run('gdb', ['-batch', '-nx', '-q', '-ex', `python PLAN = __import__("json").loads(${plan})`,
      '-x', path.join(path.dirname(fileURLToPath(import.meta.url)), 'gdb_stops.py'), '--args', programPath], { timeout: 120000, maxBuffer: 1 << 26, cwd });
    return JSON.parse(fs.readFileSync(output, 'utf8'));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
