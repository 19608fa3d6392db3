import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { commandLine, listProcesses, parseStat, parseUsers, withAncestorsOfSameProgram, type Stat } from '../src/processes';

const nobody = new Set<number>();
const statText = (pid: number): string => readFileSync(`/proc/${pid}/stat`, 'utf8');
const statOf = (pid: number): Stat => parseStat(statText(pid))!;

type Started = ChildProcess & { readonly pid: number };

/** Prints when it runs, and stays until its stdin ends. */
const child = (context: TestContext, ...words: string[]): Promise<Started> => start(context, '/bin/sh', '-c', 'echo up; read line', ...words);

async function start(context: TestContext, program: string, ...args: string[]): Promise<Started> {
  const process = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  context.after(async () => {
    process.stdin.end();
    await once(process, 'exit');
  });
  await once(process.stdout, 'data');
  return process as Started;
}

test('the newest come first, with command line and user', async (context) => {
  const older = await child(context, 'older one');
  let newer = await child(context, 'newer');
  while (statOf(newer.pid).started === statOf(older.pid).started)  // in the same clock tick, and pids begin anew now and then
    newer = await child(context, 'newer');
  const listed = await listProcesses({ uid: process.getuid!(), except: nobody });
  const at = (pid: number): number => listed.findIndex((entry) => entry.pid === pid);
  assert(at(newer.pid) >= 0 && at(newer.pid) < at(older.pid));
  const entry = listed[at(older.pid)]!;
  assert.equal(entry.commandLine, "/bin/sh -c 'echo up; read line' 'older one'");
  const users = parseUsers(readFileSync('/etc/passwd', 'utf8'));
  assert.equal(entry.user, users.get(process.getuid!()) ?? String(process.getuid!()));
  assert(listed.every(({ started }, i) => i === 0 || started <= listed[i - 1]!.started));
});

test('kernel threads, zombies, excepted and other users\' processes are left out', async (context) => {
  const excepted = await child(context);
  // It becomes a program that never waits for its child before the child ends.
  const zombie = spawn('/bin/sh', ['-c', 'exec 3<&0; sh -c "read line <&3" & echo $!; exec sleep 1000'], { stdio: ['pipe', 'pipe', 'inherit'] });
  context.after(() => zombie.kill());
  const [told] = await once(zombie.stdout, 'data') as [Buffer];
  const dead = Number(told.toString());
  while (statOf(zombie.pid!).name !== 'sleep')
    await new Promise(setImmediate);
  zombie.stdin.write('\n');
  while (statOf(dead).state !== 'Z')
    await new Promise(setImmediate);
  const listed = await listProcesses({ uid: undefined, except: new Set([excepted.pid]) });
  const pids = new Set(listed.map(({ pid }) => pid));
  for (const pid of [process.pid, zombie.pid!])
    assert(pids.has(pid), `${pid} is missing: ${statText(pid)}`);
  for (const pid of [excepted.pid, dead])
    assert(!pids.has(pid), `${pid} is listed: ${statText(pid)}`);
  assert(!pids.has(2) || statOf(2).name !== 'kthreadd');
  assert.deepEqual(await listProcesses({ uid: 4_000_000_000, except: nobody }), []);
});

test('a process whose first thread has ended runs on, and can be attached to', async (context) => {
  const program = 'import ctypes, os, threading\nthreading.Thread(target=lambda: (os.read(0, 1), os._exit(0))).start()\nprint("up", flush=True)\n' +
    'ctypes.CDLL(None).syscall(60, 0)';
  const headless = await start(context, 'python3', '-c', program, 'headless');
  while (statOf(headless.pid).state !== 'Z')
    await new Promise(setImmediate);
  const found = (await listProcesses({ uid: process.getuid!(), except: nobody })).find(({ pid }) => pid === headless.pid);
  assert.match(found?.commandLine ?? 'not listed', /python3\S* -c '.*' headless$/);
});

test('an editor does not offer itself, nor what runs it', async (context) => {
  const other = await child(context);
  const own = await withAncestorsOfSameProgram(process.pid);
  assert(own.has(process.pid) && !own.has(other.pid));
  assert.equal(own.has(process.ppid), readlinkSync(`/proc/${process.ppid}/exe`) === readlinkSync('/proc/self/exe'));
  assert((await withAncestorsOfSameProgram(other.pid)).has(other.pid));
});

test('names in /proc/PID/stat may hold anything', () => {
  const fields = 'S 1 5 5 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 777 0 0';
  assert.deepEqual(parseStat(`5 (a) b (c)) ${fields}`), { name: 'a) b (c)', state: 'S', parent: 1, isKernelThread: false, threadCount: 1, started: 777 });
  assert.equal(parseStat(`2 (kthreadd) ${fields.replace('4194560', '2129984')}`)?.isKernelThread, true);
  assert.equal(parseStat(''), undefined);
});

test('command lines are one line in which arguments can be told apart', () => {
  assert.equal(commandLine('/bin/ls\0-l\0a b\0'), "/bin/ls -l 'a b'");
  assert.equal(commandLine('x\0\0y\0'), "x '' y");
  assert.equal(commandLine('awk\0{\n}\0'), "awk '{ }'");
  assert.equal(commandLine('nginx: worker process'), 'nginx: worker process');
});

test('users without a name, or with two', () => {
  const users = parseUsers('root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/:\nann:x:1000:1000::/home/ann:\n\nbroken\n');
  assert.deepEqual([...users], [[0, 'root'], [1000, 'ann']]);
});
