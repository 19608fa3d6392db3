// The launch attribute "syscalls" and the request ptdap/syscalls: trace lines, stops, injection, summary, file.
import fs from 'node:fs';
import path from 'node:path';
import { assert, session, program, source, line, temporaryFolder } from './session.mjs';

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

session('mistakes name the member and the column', async (dap) => {
  const refused = async (syscalls, pattern) => {
    assert.match(await dap.failing('launch', { program: program('makes_syscalls'), syscalls }), pattern);
  };
  await dap.initialize();
  await refused({ trace: 'openat,opennat' }, /syscalls\.trace: no syscall 'opennat' \(column 8\)/);
  await refused({ inject: ['read:error=EWHAT'] }, /syscalls\.inject\[0\].*EWHAT/);
  await refused({ stop: 5 }, /syscalls\.stop: expected a string or null, got a number/);
  await refused({ summary: 'yes' }, /syscalls\.summary: expected/);
  await refused({ tracing: '' }, /syscalls\.tracing.*trace, stop, inject, summary and file/);
  await refused({ file: '/no/such/folder/trace' }, /\/no\/such\/folder\/trace.*No such file/);
});
