import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { commandLine, listProcesses, parseStat, parseUsers, withAncestorsOfSameProgram, type Stat } from '../src/processes';

const nobody = new Set<number>();

/** Prints when it runs, and stays until its stdin ends. */
async function child(context: TestContext, ...words: string[]): Promise<ChildProcess & { pid: number }> {
  const process = spawn('/bin/sh', ['-c', 'echo up; read line', ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  context.after(async () => {
    process.stdin.end();
    await once(process, 'exit');
  });
  await once(process.stdout, 'data');
  return process as ChildProcess & { pid: number };
}

test('the newest come first, with command line and user', async (context) => {
  const older = await child(context, 'older one');
  const newer = await child(context, 'newer');
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
  const status = (pid: number): Stat => parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))!;
  while (status(zombie.pid!).name !== 'sleep')
    await new Promise(setImmediate);
  zombie.stdin.write('\n');
  while (status(dead).state !== 'Z')
    await new Promise(setImmediate);
  const listed = await listProcesses({ uid: undefined, except: new Set([excepted.pid]) });
  const pids = new Set(listed.map(({ pid }) => pid));
  assert(pids.has(process.pid) && pids.has(zombie.pid!));
  assert(!pids.has(excepted.pid) && !pids.has(dead));
  assert(!pids.has(2) || parseStat(readFileSync('/proc/2/stat', 'utf8'))?.name !== 'kthreadd');
  assert.deepEqual(await listProcesses({ uid: 4_000_000_000, except: nobody }), []);
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
  assert.deepEqual(parseStat(`5 (a) b (c)) ${fields}`), { name: 'a) b (c)', state: 'S', parent: 1, isKernelThread: false, started: 777 });
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
