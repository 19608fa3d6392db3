// Attaching to processes that run, and leaving them as they were.
import { createHash } from 'node:crypto';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { assert, session, program, source, at, line, victim, status, temporaryFolder } from './session.mjs';

const PYTHON = fs.existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
// Answers each line with its length; sleeps in the kernel in between.
const ECHO = ['-c', 'import sys\nprint("ready", flush=True)\nfor l in sys.stdin: print("len", len(l), flush=True)'];

function attached(name, run, { command = PYTHON, args = ECHO, end = {}, skip = false } = {}) {
  session(name, async (dap) => {
    const it = await victim(command, args);
    try {
      await run(dap, it);
    } finally {
      it.kill();
      await it.ended;
    }
  }, { end, skip });
}

// A digest of every executable mapping, as it is in memory.
function textDigest(pid) {
  const memory = fs.openSync(`/proc/${pid}/mem`, 'r');
  const hash = createHash('sha256');
  for (const map of fs.readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n').filter((l) => / r-xp /.test(l) && !/\[v/.test(l))) {
    const [from, to] = map.split(' ')[0].split('-').map((x) => parseInt(x, 16));
    const bytes = Buffer.alloc(to - from);
    fs.readSync(memory, bytes, 0, bytes.length, from);
    hash.update(bytes);
  }
  fs.closeSync(memory);
  return hash.digest('hex');
}

const signalState = (pid) => Object.fromEntries(Object.entries(status(pid)).filter(([key]) => /^(Sig(?!Q)|Shd|TracerPid)/.test(key)));

attached('attach, look, detach: the process goes on as it was, byte for byte', async (dap, it) => {
  const before = { text: textDigest(it.pid), signals: signalState(it.pid) };
  await dap.attach({ pid: it.pid });
  const started = await dap.waitFor('process');
  assert.equal(started.startMethod, 'attach');
  assert.equal(started.systemProcessId, it.pid);
  await dap.request('pause', { threadId: it.pid });
  await dap.stopped('pause');
  assert.ok((await dap.stack(it.pid)).length > 3);
  await dap.request('disconnect', {});
  assert.deepEqual({ text: textDigest(it.pid), signals: signalState(it.pid) }, before);
  assert.equal(await it.ask('four'), 'len 5');
});

attached('breakpoints of an attached program are lifted by the detach', async (dap, it) => {
  const before = textDigest(it.pid);
  await dap.attach({ pid: it.pid, lines: at('spins.c', { mark: 'turns', condition: 'turn < 0' }), functions: ['main'] });
  await dap.request('pause', { threadId: it.pid });
  await dap.stopped('pause');
  assert.notEqual(textDigest(it.pid), before, 'the breakpoint is in the text');
  await dap.request('disconnect', { terminateDebuggee: false });
  assert.equal(textDigest(it.pid), before);
  assert.equal(status(it.pid).TracerPid, '0');
}, { command: program('spins'), args: [] });

attached('disconnect while it runs, amid hits of a breakpoint, loses nothing', async (dap, it) => {
  const before = textDigest(it.pid);
  await dap.attach({ pid: it.pid, lines: at('spins.c', { mark: 'turns', condition: 'turn < 0' }) });
  await dap.request('disconnect', {});
  assert.equal(textDigest(it.pid), before);
  assert.match(status(it.pid).State, /^[RS]/);
}, { command: program('spins'), args: [] });

attached('attach stops with stopOnEntry', async (dap, it) => {
  await dap.attach({ pid: it.pid, stopOnEntry: true });
  const stop = await dap.stopped();
  assert.equal(stop.threadId, it.pid);
  await dap.request('continue', { threadId: stop.threadId });
  assert.equal(await it.ask('ab'), 'len 3');
});

for (const [how, end] of Object.entries({
  'the end of input': (dap) => dap.closeInput(), SIGTERM: (dap) => dap.kill('SIGTERM'), SIGHUP: (dap) => dap.kill('SIGHUP'),
})) {
  attached(`${how} detaches an attached process, which goes on`, async (dap, it) => {
    const before = textDigest(it.pid);
    await dap.attach({ pid: it.pid, functions: ['PyObject_Repr'] });
    end(dap);
    await dap.ended;
    assert.equal(textDigest(it.pid), before);
    assert.equal(status(it.pid).TracerPid, '0');
    assert.equal(await it.ask('abc'), 'len 4');
  }, { end: { isDisconnecting: false } });
}

attached('disconnect with terminateDebuggee ends an attached process', async (dap, it) => {
  await dap.attach({ pid: it.pid });
  await dap.request('disconnect', { terminateDebuggee: true });
  assert.equal((await it.ended).signal, 'SIGKILL');
});

attached('disconnect with suspendDebuggee leaves it stopped', async (dap, it) => {
  await dap.attach({ pid: it.pid });
  await dap.request('disconnect', { suspendDebuggee: true });
  await becomes(() => /^T/.test(status(it.pid).State));
  assert.equal(status(it.pid).TracerPid, '0');
  process.kill(it.pid, 'SIGCONT');
  assert.equal(await it.ask('x'), 'len 2');
});

attached('an attached process that exits ends the session with its code', async (dap, it) => {
  await dap.attach({ pid: it.pid });
  it.child.stdin.end();
  assert.equal(await dap.exited(), 0);
});

attached('all 65 threads are there', async (dap, it) => {
  await dap.attach({ pid: it.pid });
  assert.equal((await dap.threads()).length, 65);
  await dap.request('pause', { threadId: it.pid });
  await dap.stopped('pause');
  await dap.request('disconnect', {});
  it.child.stdin.write('\n');
  await it.ended;
  assert.match(it.text, /joined/);
}, { command: program('runs_threads'), args: ['64'] });

attached('restart of an attached session attaches again', async (dap, it) => {
  await dap.attach({ pid: it.pid });
  await dap.request('restart', {});
  await dap.waitFor('thread', (body) => body.reason === 'exited');
  assert.deepEqual((await dap.threads()).map(({ id }) => id), [it.pid]);
  assert.equal(await it.ask('ab'), 'len 3');
});

for (let i = 0; i < 10; i++) {
  attached(`disconnect amid an attach to many threads (${i})`, async (dap, it) => {
    await dap.initialize();
    const attach = dap.tryRequest('attach', { pid: it.pid });
    await dap.request('disconnect', {});
    assert.match((await attach).message ?? 'attached', /session is over|attached|cancelled/);
    await dap.ended;
    assert.equal(status(it.pid).TracerPid, '0');
  }, { command: program('runs_threads'), args: ['64'] });
}

session('a zombie is called one, a kernel thread too', async (dap) => {
  const it = await victim(PYTHON, ['-c', 'import os, sys\nchild = os.fork()\nif not child: os._exit(0)\n' +
    'os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)\nprint(child, flush=True)\nsys.stdin.read()']);
  await dap.initialize();
  assert.match(await dap.failing('attach', { pid: Number(it.text) }), /is a zombie/);
  const kernel = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).find((pid) => {
    const parts = (fs.existsSync(`/proc/${pid}/stat`) ? fs.readFileSync(`/proc/${pid}/stat`, 'utf8') : '').split(') ').pop().split(' ');
    return Number(parts[6]) & 0x200000;   // PF_KTHREAD
  });
  if (kernel) {
    assert.match(await dap.failing('attach', { pid: Number(kernel) }), /is a kernel thread/);
  }
  it.kill();
});

// The adapter with fewer rights than the process has.
const CAN_SETPRIV = spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', 'true']).status === 0;
async function attachedWith(rights, it) {
  const folder = temporaryFolder();
  fs.copyFileSync(process.env.PTDAP, `${folder}/ptdap`);
  fs.chmodSync(`${folder}/ptdap`, 0o755);
  fs.chmodSync(folder, 0o755);
  const { Client } = await import('./session.mjs');
  const dap = Client.spawn('setpriv', [...rights, `${folder}/ptdap`]);
  try {
    await dap.initialize();
    const words = await dap.failing('attach', { pid: it.pid });
    await dap.finish();
    return words;
  } finally {
    dap.destroy();
    fs.rmSync(folder, { recursive: true });
  }
}

attached('without the right to trace: the error says whose process it is', async (dap, it) => {
  assert.match(await attachedWith(['--reuid=65534', '--regid=65534', '--clear-groups'], it), /another user|ptrace_scope/);
}, { skip: !CAN_SETPRIV && 'cannot change the user' });

attached('root without CAP_SYS_PTRACE, as in a container: the error names it', async (dap, it) => {
  assert.match(await attachedWith(['--inh-caps=-all', '--bounding-set=-sys_ptrace'], it), /CAP_SYS_PTRACE/);
}, { skip: !CAN_SETPRIV && 'cannot drop capabilities' });

attached('a process that is already traced: the error names the tracer', async (dap, it) => {
  const { Client } = await import('./session.mjs');
  const other = Client.spawn();
  try {
    await other.attach({ pid: it.pid });
    await dap.initialize();
    assert.match(await dap.failing('attach', { pid: it.pid }), new RegExp(`trace|debug|${other.pid}`, 'i'));
    await other.finish();
  } finally {
    other.destroy();
  }
});

// No event tells of a process that is not ours: the state is asked for until it is there, at most for ten seconds.
async function becomes(holds) {
  for (const end = Date.now() + 10000; !holds();) {
    assert.ok(Date.now() < end, 'it never became so');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

session('a stopped (SIGSTOP) process stays stopped after attach and detach', async (dap) => {
  const it = await victim(PYTHON, ECHO);
  process.kill(it.pid, 'SIGSTOP');
  try {
    await dap.attach({ pid: it.pid });
    await dap.threads();
    await dap.request('disconnect', {});
    // The kernel wakes it to put it back into its stop: for a moment it runs.
    await becomes(() => /^T/.test(status(it.pid).State));
  } finally {
    it.kill();
  }
});

const CAN_UNSHARE = spawnSync('unshare', ['--pid', '--mount', '--fork', '--mount-proc', 'true']).status === 0;
session('a process in another pid and mount namespace: its files are found through its root', async (dap) => {
  const folder = temporaryFolder();
  fs.copyFileSync(program('spins'), `${folder}/hidden`);
  fs.chmodSync(`${folder}/hidden`, 0o755);
  // The program lies on a tmpfs that only its own namespace has.
  const it = await victim('unshare', ['--pid', '--mount', '--fork', '--mount-proc', '--kill-child', 'sh', '-c',
    'mkdir -p "$1/private" && mount -t tmpfs none "$1/private" && cp "$1/hidden" "$1/private/inside" && exec "$1/private/inside"', 'sh', folder]);
  try {
    const pid = Number(execFileSync('pgrep', ['-P', String(it.pid)]).toString().trim().split('\n')[0]);
    await dap.attach({ pid, lines: at('spins.c', 'turns') });
    const stop = await dap.stopped('breakpoint');
    const frame = await dap.top(stop.threadId);
    assert.deepEqual([frame.name, frame.line], ['main', line('spins.c', 'turns')]);
    await dap.request('disconnect', {});
  } finally {
    it.kill();
    await it.ended;
    fs.rmSync(folder, { recursive: true, force: true });
  }
}, { skip: !CAN_UNSHARE && 'no rights to make namespaces' });

attached('setVariable and a breakpoint in an attached program', async (dap, it) => {
  await dap.attach({ pid: it.pid, lines: { [source('spins.c')]: [line('spins.c', 'turns'), line('spins.c', 'leaves')] } });
  const { threadId } = await dap.stopped('breakpoint');
  await dap.evaluate('stop = 1', (await dap.top(threadId)).id, 'repl');
  await dap.request('continue', { threadId });
  await dap.stopped('breakpoint');
  assert.equal((await dap.top(threadId)).line, line('spins.c', 'leaves'));
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
}, { command: program('spins'), args: [] });
