// From launch to the end, in every way that a session can end.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { assert, session, program, at, line, isAlive, status, marked, temporaryFolder, Client } from './session.mjs';
import { test } from 'node:test';

async function processOf(client) {
  return client.waitFor('process');
}

session('a program that runs to its end reports exited, then terminated', async (dap) => {
  await dap.launch({ program: program('exits_with_code') });
  const started = await processOf(dap);
  assert.equal(started.name, program('exits_with_code'));
  assert.equal(started.startMethod, 'launch');
  assert.ok(started.systemProcessId > 0);
  assert.equal(await dap.exited(), 0);
  assert.equal(status(started.systemProcessId), null, 'no zombie once exited is told');
});

session('the exit code is the program\'s own', async (dap) => {
  await dap.launch({ program: program('exits_with_code'), args: ['42'] });
  assert.equal(await dap.exited(), 42);
});

session('death by a signal is not exit code 0', async (dap) => {
  await dap.launch({ program: program('exits_with_code'), args: ['signal', '9'] });
  assert.equal(await dap.exited(), 128 + 9);
  assert.match(dap.output(), /SIGKILL/);
});

session('entry stop is at the first instruction, before any code of the program', async (dap) => {
  await dap.launch({ program: program('steps'), stopOnEntry: true });
  const stop = await dap.stopped('entry');
  const started = await processOf(dap);
  assert.equal(stop.threadId, started.systemProcessId);
  assert.equal(stop.allThreadsStopped, true);
  const frame = await dap.top(stop.threadId);
  assert.match(frame.instructionPointerReference, /^0x/);
  const [syscall] = fs.readFileSync(`/proc/${started.systemProcessId}/stat`, 'utf8').split(')').pop().trim().split(' ');
  assert.equal(syscall, 't', 'traced and stopped');
  await dap.request('continue', { threadId: stop.threadId });
  assert.equal(await dap.exited(), 0);
});

session('stopAtBeginningOfMainSubprogram stops after the prologue of main', async (dap) => {
  await dap.launch({ program: program('steps'), stopAtBeginningOfMainSubprogram: true });
  const stop = await dap.stopped();
  const frame = await dap.top(stop.threadId);
  assert.equal(frame.name, 'main');
  assert.equal(frame.line, line('steps.c', 'first'));
  assert.deepEqual([stop.reason, stop.description, stop.hitBreakpointIds], ['entry', 'Paused at main', undefined]);
  assert.match(await dap.failing('exceptionInfo', { threadId: stop.threadId }), /has no signal: it stopped at the beginning of main$/);
});

session('a breakpoint at the beginning of main is what stops there, whether or not main would', async (dap) => {
  await dap.launch({ program: program('steps'), stopAtBeginningOfMainSubprogram: true, lines: at('steps.c', 'first'), functions: ['main'] });
  const stop = await dap.stopped('breakpoint');
  assert.equal(stop.hitBreakpointIds.length, 2);
  await dap.request('continue', { threadId: stop.threadId });
  assert.equal(await dap.exited(), 0);
});

session('a log point at the beginning of main logs once, and it is main that stops', async (dap) => {
  await dap.launch({ program: program('steps'), stopAtBeginningOfMainSubprogram: true, lines: at('steps.c', { mark: 'first', logMessage: 'begun' }) });
  const { threadId } = await dap.stopped('entry');
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
  assert.equal(dap.output('console').match(/begun/g).length, 1);
});

session('disconnect kills a launched program', async (dap) => {
  await dap.launch({ program: program('waits_for_signal') });
  const { systemProcessId } = await processOf(dap);
  await dap.outputContains('ready');
  await dap.request('disconnect', {});
  assert.ok(!isAlive(systemProcessId));
});

session('disconnect with terminateDebuggee false lets a launched program go on', async (dap) => {
  await dap.launch({ program: program('waits_for_signal'), stopOnEntry: true });
  await dap.stopped('entry');
  const { systemProcessId } = await processOf(dap);
  await dap.request('disconnect', { terminateDebuggee: false });
  dap.closeInput();
  await dap.ended;
  assert.ok(isAlive(systemProcessId));
  assert.equal(status(systemProcessId).TracerPid, '0');
  process.kill(systemProcessId, 'SIGKILL');
});

session('terminate asks with SIGTERM', async (dap) => {
  await dap.launch({ program: program('waits_for_signal') });
  await dap.outputContains('ready');
  await dap.request('terminate', {});
  assert.equal(await dap.exited(), 7);
});

session('terminate works while the program is stopped', async (dap) => {
  await dap.launch({ program: program('waits_for_signal') });
  await dap.outputContains('ready');
  await dap.request('pause', { threadId: (await dap.threads())[0].id });
  await dap.stopped('pause');
  await dap.request('terminate', {});
  assert.equal(await dap.exited(), 7);
});

session('a second terminate kills a program that does not listen', async (dap) => {
  await dap.launch({ program: program('waits_for_signal'), args: ['stubborn'] });
  await dap.outputContains('ready');
  await dap.request('terminate', {});
  await dap.request('terminate', {});
  assert.equal(await dap.exited(), 128 + 9);
});

session('restart begins the same program again, with its breakpoints', async (dap) => {
  const [mark] = Object.values(at('steps.c', 'first'))[0];
  await dap.launch({ program: program('steps'), lines: at('steps.c', 'first') });
  const first = await dap.stopped('breakpoint');
  await dap.request('restart', {});
  const second = await dap.stopped('breakpoint');
  assert.notEqual(second.threadId, first.threadId);
  assert.ok(!isAlive(first.threadId));
  assert.equal((await dap.top(second.threadId)).line, mark);
  await dap.request('continue', { threadId: second.threadId });
  assert.equal(await dap.exited(), 0);
  assert.ok(!dap.events.slice(0, -1).some((e) => e.event === 'terminated'), 'terminated once, at the end');
});

session('restart takes new arguments', async (dap) => {
  await dap.launch({ program: program('exits_with_code'), args: ['3'], stopOnEntry: true });
  await dap.stopped('entry');
  await dap.request('restart', { arguments: { program: program('exits_with_code'), args: ['4'] } });
  assert.equal(await dap.exited(), 4);
});

session('restart with a program that cannot be launched leaves the old one alone', async (dap) => {
  await dap.launch({ program: program('exits_with_code'), args: ['3'], stopOnEntry: true });
  const { threadId } = await dap.stopped('entry');
  assert.match(await dap.failing('restart', { arguments: { program: '/no/such/program' } }), /no\/such\/program/);
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 3);
});

session('the end of input ends adapter and program', async (dap) => {
  await dap.launch({ program: program('waits_for_signal') });
  const { systemProcessId } = await processOf(dap);
  await dap.outputContains('ready');
  dap.closeInput();
  await dap.ended;
  assert.ok(!isAlive(systemProcessId));
}, { end: { isDisconnecting: false } });

session('the end of input at a stop ends adapter and program', async (dap) => {
  await dap.launch({ program: program('waits_for_signal'), stopOnEntry: true });
  await dap.stopped('entry');
  dap.closeInput();
  await dap.ended;
}, { end: { isDisconnecting: false } });

session('the end of input before any request is an ordinary end', async (dap) => {
  dap.closeInput();
  await dap.ended;
}, { end: { isDisconnecting: false } });

for (const signal of ['SIGTERM', 'SIGHUP']) {
  session(`${signal} to the adapter kills a launched program`, async (dap) => {
    await dap.launch({ program: program('waits_for_signal') });
    const { systemProcessId } = await processOf(dap);
    await dap.outputContains('ready');
    dap.kill(signal);
    await dap.ended;
    assert.ok(!isAlive(systemProcessId));
  }, { end: { isDisconnecting: false } });
}

session('SIGKILL to the adapter kills a launched program', async (dap) => {
  await dap.launch({ program: program('waits_for_signal') });
  await dap.outputContains('ready');
  dap.kill('SIGKILL');
  await dap.ended;
}, { end: { isDisconnecting: false, status: null } });

session('a client that stops reading ends adapter and program', async (dap) => {
  await dap.launch({ program: program('waits_for_signal') });
  const { systemProcessId } = await processOf(dap);
  await dap.outputContains('ready');
  dap.closeOutput();
  dap.write({ seq: 1000, type: 'request', command: 'threads' });
  await dap.ended;
  assert.ok(!isAlive(systemProcessId));
}, { end: null });

session('SIGKILL of the stopped program from outside ends the session', async (dap) => {
  await dap.launch({ program: program('waits_for_signal'), stopOnEntry: true });
  const stop = await dap.stopped('entry');
  process.kill(stop.threadId, 'SIGKILL');
  assert.equal(await dap.exited(), 128 + 9);
});

session('noDebug runs the program without ptrace', async (dap) => {
  await dap.launch({ program: program('waits_for_signal'), noDebug: true });
  const { systemProcessId } = await processOf(dap);
  await dap.outputContains('ready', 'stdout');
  assert.equal(status(systemProcessId).TracerPid, '0');
  await dap.request('terminate', {});
  assert.equal(await dap.exited(), 7);
});

session('disconnect with terminateDebuggee false lets a noDebug program go on', async (dap) => {
  await dap.launch({ program: program('waits_for_signal'), noDebug: true });
  const { systemProcessId } = await processOf(dap);
  await dap.outputContains('ready');
  await dap.request('disconnect', { terminateDebuggee: false });
  dap.closeInput();
  await dap.ended;
  assert.ok(isAlive(systemProcessId));
  process.kill(systemProcessId, 'SIGKILL');
});

session('what a noDebug session cannot do says why', async (dap) => {
  await dap.launch({ program: program('waits_for_signal'), noDebug: true });
  await dap.outputContains('ready');
  for (const [command, args] of [['pause', { threadId: 1 }], ['stackTrace', { threadId: 1 }], ['continue', { threadId: 1 }], ['evaluate', { expression: '1' }],
    ['readMemory', { memoryReference: '0x1000', count: 1 }]]) {
    assert.match(await dap.failing(command, args), /noDebug/, command);
  }
  const [breakpoint] = await dap.setBreakpoints('/x.c', [1]);
  assert.match(breakpoint.message, /noDebug/);
});

session('nothing of the adapter shows in the program', async (dap) => {
  const folder = fs.realpathSync(temporaryFolder());
  await dap.launch({ program: program('prints_environment'), args: ['one', 'two words', ''], cwd: folder,
    env: { ADDED: 'yes', HOME: null, PATH: '/usr/bin' } });
  assert.equal(await dap.exited(), 0);
  const lines = dap.output('stdout').split('\n');
  const of = (key) => lines.filter((l) => l.startsWith(`${key}=`)).map((l) => l.slice(key.length + 1).replace(/\r$/, ''));
  fs.rmdirSync(folder);
  assert.deepEqual(of('arg'), ['one', 'two words', '']);
  assert.deepEqual(of('cwd'), [folder]);
  // What we ourselves hand down is no trace of the adapter.
  const plain = execFileSync(program('prints_environment'), { input: '' }).toString().split('\n');
  for (const key of ['fd', 'blocked', 'ignored']) {
    assert.deepEqual(of(key), plain.filter((l) => l.startsWith(`${key}=`)).map((l) => l.slice(key.length + 1)), key);
  }
  assert.deepEqual(of('stdin'), ['0']);
  const expected = { ...process.env, ADDED: 'yes', PATH: '/usr/bin', PTDAP_TEST_MARK: dap.mark };
  delete expected.HOME;
  const variables = Object.fromEntries(of('env').map((v) => [v.slice(0, v.indexOf('=')), v.slice(v.indexOf('=') + 1)]));
  for (const [name, value] of Object.entries(variables)) {
    if (!value.includes('\n') && !(name in expected && expected[name].includes('\n'))) {
      assert.equal(value, expected[name], `variable ${name}`);
    }
  }
  assert.equal(variables.ADDED, 'yes');
  assert.equal(variables.HOME, undefined);
});

// Fast stops share one CPU with the adapter; the program must not notice, or it would start as many threads.
const CPUS = Number(execFileSync('nproc'));
const MAKES_FREE = new RegExp(`thread ${CPUS} child ${CPUS}\\n`);
const SEES_ALL = `loop ${CPUS} thread ${CPUS} child ${CPUS}\n`;
session('the program sees its own CPUs, from the first instruction on', async (dap) => {
  await dap.launch({ program: '/bin/sh', args: ['-c', 'nproc; exec nproc'] });
  assert.equal(await dap.exited(), 0);
  assert.equal(dap.output('stdout'), `${CPUS}\n${CPUS}\n`);
});

session('what the program makes has its own CPUs amid the hits of a conditional breakpoint', async (dap) => {
  await dap.launch({ program: program('asks_affinity'), lines: at('asks_affinity.c', { mark: 'turns', condition: 'turn < 0' }) });
  assert.equal(await dap.exited(), 0);
  assert.match(dap.output('stdout'), MAKES_FREE);
});

session('what the program makes has its own CPUs while it is stepped', async (dap) => {
  await dap.launch({ program: program('asks_affinity'), stopAtBeginningOfMainSubprogram: true });
  const { threadId } = await dap.stopped();
  while ((await dap.top(threadId)).line !== line('asks_affinity.c', 'turns')) {
    await dap.step('next', threadId);
  }
  for (let i = 0; i < 6; i++) {
    await dap.step('next', threadId);
  }
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
  assert.match(dap.output('stdout'), MAKES_FREE);
});

session('the program sees its own CPUs while its system calls are looked at', async (dap) => {
  await dap.launch({ program: program('asks_affinity'), filters: [], filterOptions: [{ filterId: 'syscallReturn', condition: 'getpid' }] });
  assert.equal(await dap.exited(), 0);
  assert.equal(dap.output('stdout'), SEES_ALL);
});

session('ASLR is off by default', async (dap) => {
  await dap.launch({ program: program('prints_environment') });
  assert.equal(await dap.exited(), 0);
  assert.match(dap.output('stdout'), /main=0x5555555/);
});

session('stdio redirects to files; envFile is read', async (dap) => {
  const folder = temporaryFolder();
  fs.writeFileSync(`${folder}/in`, '12345');
  fs.writeFileSync(`${folder}/env`, '# comment\nFROM_FILE=1 2\nQUOTED="a b"\n\nOVER=file\n');
  await dap.launch({ program: program('prints_environment'), stdio: [`${folder}/in`, `${folder}/out`, null], envFile: `${folder}/env`,
    env: { OVER: 'env' } });
  assert.equal(await dap.exited(), 0);
  const text = fs.readFileSync(`${folder}/out`, 'utf8');
  fs.rmSync(folder, { recursive: true });
  assert.match(text, /stdin=5/);
  assert.match(text, /env=FROM_FILE=1 2\n/);
  assert.match(text, /env=QUOTED=a b\n/);
  assert.match(text, /env=OVER=env\n/);
  assert.equal(dap.output('stdout'), '');
});

test('two adapters at once do not meet', { timeout: 120000 }, async () => {
  const [one, two] = [Client.spawn(), Client.spawn()];
  try {
    await Promise.all([one.launch({ program: program('exits_with_code'), args: ['1'] }),
      two.launch({ program: program('exits_with_code'), args: ['2'] })]);
    assert.deepEqual(await Promise.all([one.exited(), two.exited()]), [1, 2]);
    await Promise.all([one.finish(), two.finish()]);
    assert.deepEqual([...marked(one), ...marked(two)].filter(isAlive), []);
  } finally {
    one.destroy();
    two.destroy();
  }
});
