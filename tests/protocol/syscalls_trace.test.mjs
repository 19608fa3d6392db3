// The launch attribute "syscalls" and the request ptdap/syscalls: trace lines, events, stops, injection, summary, file.
import fs from 'node:fs';
import path from 'node:path';
import { assert, at, session, program, source, line, victim, temporaryFolder } from './session.mjs';

const console_ = (dap) => dap.events.filter((e) => e.event === 'output' && e.body.category === 'console').map((e) => e.body);
const lines = (dap, pattern) => console_(dap).filter((o) => pattern.test(o.output));

session('trace lines are console output at the line of the caller', async (dap) => {
  await dap.launch({ program: program('makes_syscalls'), syscalls: { trace: 'openat if path("/etc/hostname"); getpid' } });
  assert.equal(await dap.exited(), 0);
  const [opened] = lines(dap, /^openat\(.*"\/etc\/hostname", O_RDONLY\|O_CLOEXEC\) = \d+/);
  assert.equal(opened?.source?.path, source('makes_syscalls.c'), JSON.stringify(console_(dap)));
  assert.equal(opened.line, line('makes_syscalls.c', 'opens'));
  assert.equal(lines(dap, /^getpid\(\) = \d+/).length, 1);
  assert.equal(lines(dap, /no\/such\/file|^read|^write/).length, 0);
});

session('they go to a file, too; the summary comes at the end', async (dap) => {
  const file = path.join(temporaryFolder(), 'trace');
  await dap.launch({ program: program('makes_syscalls'), syscalls: { trace: 'openat,getpid', summary: true, file } });
  assert.equal(await dap.exited(), 0);
  const text = fs.readFileSync(file, 'utf8');
  assert.match(text, /^\d+ openat\(.*"\/no\/such\/file".*\) = -1 ENOENT/m);
  assert.match(text, /^% time +seconds +us\/call +calls +errors syscall$/m);
  const [summary] = lines(dap, /% time/);
  assert.match(summary.output, /^ *[\d.]+ +[\d.]+ +[\d.]+ +\d+ +1 openat$/m);
  assert.match(summary.output, /^ *[\d.]+ +[\d.]+ +[\d.]+ +1 +getpid$/m);
  assert.doesNotMatch(summary.output, /\bread$/m);
});

session('the summary alone counts every call and traces none', async (dap) => {
  await dap.launch({ program: program('makes_syscalls'), syscalls: { summary: true } });
  assert.equal(await dap.exited(), 0);
  const [summary] = lines(dap, /% time/);
  assert.match(summary.output, / 1 +getpid$/m);
  assert.match(summary.output, / read$/m);
  assert.equal(lines(dap, /^(openat|read|write)\(/).length, 0);
});

session('stop, inject, and changing them while it runs', async (dap) => {
  await dap.launch({ program: program('makes_syscalls'), syscalls: { stop: 'getpid', inject: ['read:error=EIO if $arg.count == 16'] } });
  const { threadId } = await dap.stopped('syscall');
  const body = await dap.request('ptdap/syscalls', { stop: null, trace: 'exit_group' });
  assert.deepEqual([body.stop, body.trace, body.inject], [undefined, 'exit_group', ['read:error=EIO if $arg.count == 16']]);
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 1);   // the read failed
  assert.equal(lines(dap, /^exit_group\(1\)/).length, 1);
});

session('a string is the rule to stop at; a restart compares what it means', async (dap) => {
  const given = { program: program('makes_syscalls'), syscalls: 'openat if $errno == ENOENT; getpid' };
  await dap.launch(given);
  const { text } = await dap.stopped('syscall');
  assert.match(text, /^openat\(.*"\/no\/such\/file"/);
  assert.equal((await dap.request('ptdap/syscalls', {})).stop, given.syscalls);
  await dap.request('ptdap/syscalls', { stop: 'getpid' });
  await dap.request('restart', { arguments: { ...given, syscalls: { stop: given.syscalls } } });
  assert.match((await dap.stopped('syscall')).text, /^getpid\(/, 'the string and the object say the same, so that the change stays');
});

session('attach takes the string, too', async (dap) => {
  const it = await victim('/bin/sh', ['-c', 'echo ready; while read line; do echo "$line"; done']);
  try {
    await dap.attach({ pid: it.pid, syscalls: 'write if $arg.fd == 1' });
    it.child.stdin.write('hello\n');
    assert.match((await dap.stopped('syscall')).text, /^write\(1.*"hello\\n", 6\)/);
  } finally {
    it.kill();
    await it.ended;
  }
});

session('mistakes name the member and the column', async (dap) => {
  const refused = async (syscalls, pattern) => {
    assert.match(await dap.failing('launch', { program: program('makes_syscalls'), syscalls }), pattern);
  };
  await dap.initialize();
  await refused({ trace: 'openat,opennat' }, /syscalls\.trace: no syscall 'opennat' \(column 8\)/);
  await refused('openat,opennat', /syscalls: no syscall 'opennat' \(column 8\): did you mean 'openat'\?/);
  await refused(['openat'], /syscalls: expected an object or a string, got an array/);
  await refused({ inject: ['read:error=EWHAT'] }, /syscalls\.inject\[0\].*EWHAT/);
  await refused({ stop: 5 }, /syscalls\.stop: expected a string or null, got a number/);
  await refused({ summary: 'yes' }, /syscalls\.summary: expected/);
  await refused({ events: 1 }, /syscalls\.events: expected a boolean, got a number/);
  await refused({ tracing: '' }, /syscalls\.tracing.*trace, stop, inject, summary, file and events/);
  await refused({ file: '/no/such/folder/trace' }, /\/no\/such\/folder\/trace.*No such file/);
});

const mistakeIn = (dap, rules) => dap.failing('ptdap/checkSyscalls', rules);

session('rules are checked before there is a program', async (dap) => {
  const mistake = (rules) => mistakeIn(dap, rules);
  await dap.initialize();
  await dap.request('ptdap/checkSyscalls', { stop: 'openat', trace: 'write if matches_later == 1', inject: ['read:error=EIO'] });
  assert.match(await mistake({ stop: 'openat,opennat' }), /^arguments\.stop: no syscall 'opennat' \(column 8\)/);
  assert.match(await mistake({ inject: ['read:error=EIO', 'read:error=EWHAT'] }), /^arguments\.inject\[1\]: .*EWHAT/);
  assert.match(await mistake({ stopp: 'openat' }), /^arguments\.stopp: there is no such member/);
});

session('rules are checked with the names of the program, and not set', async (dap) => {
  const file = path.join(temporaryFolder(), 'trace');
  await dap.launch({ program: program('makes_syscalls'), syscalls: { stop: 'getpid' } });
  await dap.stopped('syscall');
  const held = await dap.request('ptdap/syscalls', {});
  const unknown = { stop: 'openat', inject: ['read:error=EIO', 'write:error=EIO if matches_never == 1'] };
  const refusal = await mistakeIn(dap, unknown);
  assert.match(refusal, /^arguments\.inject\[1\]: .*matches_never/);
  assert.equal(await dap.failing('ptdap/syscalls', unknown), refusal, 'in the words of the one that sets them');
  await dap.request('ptdap/checkSyscalls', { stop: 'exit_group', inject: null, summary: true, file });
  assert.ok(!fs.existsSync(file));
  assert.deepEqual(await dap.request('ptdap/syscalls', {}), held);
});

session('what was changed outlives a restart with the arguments of the launch, and gives way to others', async (dap) => {
  const given = { program: program('makes_syscalls'), syscalls: { stop: 'write', inject: ['close:retval=0 if $arg.fd == 99'], events: true }, hex: true };
  const held = async () => {
    const { stop, inject } = await dap.request('ptdap/syscalls', {});
    return { stop, inject, hex: (await dap.request('ptdap/setFormat', { hex: null })).hex };
  };
  await dap.launch(given);
  await dap.stopped('syscall');
  await dap.request('ptdap/syscalls', { stop: 'getpid', inject: null });
  await dap.request('restart', { arguments: given });
  assert.match((await dap.stopped('syscall')).text, /^getpid\(/);
  assert.deepEqual(await held(), { stop: 'getpid', inject: [], hex: true });
  await dap.request('restart', { arguments: { ...given, hex: false, syscalls: { ...given.syscalls, inject: ['close:retval=0 if $arg.fd == 98'] } } });
  assert.match((await dap.stopped('syscall')).text, /^write\(/);
  assert.deepEqual(await held(), { stop: 'write', inject: ['close:retval=0 if $arg.fd == 98'], hex: false });
});

// ---- events: true ---------------------------------------------------------------------------------------------------------

const traces = (dap) => dap.events.filter((e) => e.event === 'ptdap/syscallTrace');
const calls = (dap) => traces(dap).flatMap((e) => e.body.calls);
const dropped = (dap) => traces(dap).reduce((sum, e) => sum + e.body.dropped, 0);

session('events tell calls member by member, in place of lines', async (dap) => {
  const began = Date.now() / 1000;
  await dap.launch({ program: program('makes_syscalls'),
    syscalls: { trace: 'openat if path("/etc/hostname"); openat if $errno == ENOENT; getpid; exit_group', events: true } });
  assert.equal(await dap.exited(), 0);
  const [opened, failed, pid, exit] = calls(dap).filter((call) => call.source?.path === source('makes_syscalls.c') || call.name === 'exit_group');
  const { time, durationNs, threadId, processId, source: { path: where }, ...rest } = opened;
  assert.ok(time > began - 1 && time <= Date.now() / 1000 && !Number.isInteger(time), `${time}`);
  assert.ok(durationNs > 0 && threadId === processId && processId === pid.result);
  assert.equal(where, source('makes_syscalls.c'));
  assert.deepEqual({ ...rest, arguments: rest.arguments.map(({ name, text }) => `${name}=${text.replace(/<.*>/, '')}`) }, {
    name: 'openat', number: 257, abi: 'x86-64', result: rest.result, resultText: `${rest.result}</etc/hostname>`,
    arguments: ['dirfd=AT_FDCWD', 'pathname="/etc/hostname"', 'flags=O_RDONLY|O_CLOEXEC'], line: line('makes_syscalls.c', 'opens'),
  });
  assert.match(opened.arguments[0].value, /^0xffffff9c$|^0xffffffffffffff9c$/);
  assert.deepEqual([failed.errno, failed.result, failed.line], ['ENOENT', -2, line('makes_syscalls.c', 'fails')]);
  assert.match(failed.resultText, /^-1 ENOENT/);
  assert.deepEqual([pid.name, pid.arguments], ['getpid', []]);
  assert.deepEqual([exit.name, exit.resultText, exit.durationNs, 'result' in exit], ['exit_group', '?', 0, false]);
  assert.equal(lines(dap, /^(openat|getpid|exit_group)\(/).length, 0);
  assert.ok(dap.events.findIndex((e) => e.event === 'exited') > traces(dap).at(-1).index);
});

session('what was traced before a stop is told before it; injected results are marked; events can be switched off', async (dap) => {
  await dap.launch({ program: program('makes_syscalls'), lines: at('makes_syscalls.c', 'closes'),
    syscalls: { trace: 'openat,read', inject: ['read:error=EIO if $arg.count == 16'], events: true } });
  const { threadId } = await dap.stopped('breakpoint');
  const before = calls(dap);
  const read = before.at(-1);
  assert.deepEqual([read.name, read.line, read.injected, read.errno], ['read', line('makes_syscalls.c', 'reads'), true, 'EIO']);
  assert.ok(before.filter(({ injected }) => injected).length === 1);
  assert.equal((await dap.request('ptdap/syscalls', {})).events, true);
  assert.equal((await dap.request('ptdap/syscalls', { events: null, trace: 'exit_group' })).events, false);
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 1);
  assert.equal(calls(dap).length, before.length);
  assert.equal(lines(dap, /^exit_group\(1\)/).length, 1);
});

session('events and a file: the file has the lines', async (dap) => {
  const file = path.join(temporaryFolder(), 'trace');
  await dap.launch({ program: program('makes_syscalls'), syscalls: { trace: 'getpid', file, events: true, summary: true } });
  assert.equal(await dap.exited(), 0);
  assert.match(fs.readFileSync(file, 'utf8'), /^\d+ getpid\(\) = \d+$/m);
  assert.equal(calls(dap).filter(({ name }) => name === 'getpid').length, 1);
  assert.equal(lines(dap, /getpid\(\)/).length, 0);
  assert.match(lines(dap, /% time/)[0].output, / 1 +getpid$/m);
});

// ---- a client that does not read --------------------------------------------------------------------------------------------

// The program runs to its end while nobody reads; then everything that was kept is read.
async function runsUnread(dap, threadId) {
  dap.pauseReading();
  const answer = dap.tryRequest('continue', { threadId }, 200000);
  while (fs.existsSync(`/proc/${threadId}`)) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  dap.resumeReading();
  await answer;
  await dap.exited();
}

const leftOut = (dap) => lines(dap, /left out/).reduce((sum, o) => sum + Number(/^(\d+) lines? w/.exec(o.output)[1]), 0);
const COUNT = 16000;
const writes = { program: '/usr/bin/dd', args: ['if=/dev/zero', 'of=/dev/null', 'bs=1', `count=${COUNT}`], stopOnEntry: true };

session('events that nobody reads are dropped and counted, and the program is not held up', async (dap) => {
  await dap.launch({ ...writes, syscalls: { trace: 'write if $arg.fd == 1', events: true } });
  const { threadId } = await dap.stopped('entry');
  await runsUnread(dap, threadId);
  assert.equal(calls(dap).length + dropped(dap), COUNT);
  assert.ok(dropped(dap) > 0, 'more than is kept');
  assert.ok(JSON.stringify(calls(dap)).length < 3 * 2 ** 20);
  assert.ok(calls(dap).every(({ name, resultText }) => name === 'write' && resultText === '1'));
});

session('trace lines that nobody reads are left out, which is said; the file has all of them', async (dap) => {
  const file = path.join(temporaryFolder(), 'trace');
  await dap.launch({ ...writes, syscalls: { trace: 'write if $arg.fd == 1', file } });
  const { threadId } = await dap.stopped('entry');
  await runsUnread(dap, threadId);
  assert.ok(leftOut(dap) > 0);
  assert.equal(lines(dap, /^write\(/).length + leftOut(dap), COUNT);
  assert.equal(fs.readFileSync(file, 'utf8').match(/ write\(/g).length, COUNT);
});
