// Calls edited in the Syscall scope: the program and the kernel see what was written there.
import fs from 'node:fs';
import path from 'node:path';
import { assert, session, program, temporaryFolder } from './session.mjs';

const NAME = 'edits_calls';

// Where a call is caught: { entry: 'openat' }, { exit: 'read' }; {} nowhere.
async function catchCalls(dap, where) {
  const known = dap.capabilities.exceptionBreakpointFilters;
  const entry = known.find((f) => /entry/i.test(f.label)).filter;
  const exit = known.find((f) => /return|exit/i.test(f.label)).filter;
  const filterOptions = [];
  if (where.entry) {
    filterOptions.push({ filterId: entry, condition: where.entry });
  }
  if (where.exit) {
    filterOptions.push({ filterId: exit, condition: where.exit });
  }
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions });
}

async function start(dap, { args, name = program(NAME), stop = { stopAtBeginningOfMainSubprogram: true } } = {}) {
  await dap.launch({ program: name, args, ...stop });
  return (await dap.stopped()).threadId;
}

async function next(dap, threadId, where) {
  await catchCalls(dap, where);
  await dap.request('continue', { threadId });
  return dap.stopped('syscall');
}

const scopeOf = async (dap, threadId) => dap.scope((await dap.top(threadId)).id, 'Syscall');

// The variable at the end of the names, and the reference of what holds it.
async function find(dap, threadId, names) {
  let holder = await scopeOf(dap, threadId);
  let found;
  for (const [i, name] of names.entries()) {
    const variables = await dap.variables(holder);
    found = Object.values(variables).find((v) => v.name === name);
    assert.ok(found, `${name} among ${Object.values(variables).map((v) => v.name)}`);
    if (i < names.length - 1) {
      holder = found;
    }
  }
  return { holder, found };
}

async function edit(dap, threadId, names, value) {
  const { holder } = await find(dap, threadId, names);
  const answer = await dap.request('setVariable', { variablesReference: holder.variablesReference, name: names.at(-1), value });
  const { found } = await find(dap, threadId, names);
  assert.equal(found.value, answer.value, `${names} afterwards`);
  return answer.value;
}

async function refused(dap, threadId, names, value) {
  const { holder, found } = await find(dap, threadId, names);
  const answer = await dap.tryRequest('setVariable', { variablesReference: holder.variablesReference, name: names.at(-1), value });
  assert.equal(answer.success, false, `${names} = ${value} was taken`);
  return { text: answer.body.error.format, hint: found.presentationHint?.attributes ?? [] };
}

// Lets it run to its end; what it reported, by name.
async function finish(dap, threadId) {
  await catchCalls(dap, {});
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
  return Object.fromEntries(dap.output('stdout').trim().split('\n').map((l) => l.split(/ (.*)/s)));
}

session('a path is another one: longer, shorter, with an escape; the program keeps its own', async (dap) => {
  const folder = temporaryFolder();
  const long = path.join(folder, `${'x'.repeat(200)} "quoted"`);
  fs.writeFileSync(long, 'LONGFILE');
  try {
    const threadId = await start(dap);
    await next(dap, threadId, { entry: 'openat' });
    assert.equal(await edit(dap, threadId, ['pathname'], '"/etc/group"'), '"/etc/group"');
    assert.equal(await edit(dap, threadId, ['pathname'], JSON.stringify(long)), JSON.stringify(long));
    const stop = await next(dap, threadId, { exit: 'openat' });
    assert.match(stop.text, /LONG|x{100}/);
    const said = await finish(dap, threadId);
    assert.equal(said.text, 'LONGFILE');
    assert.equal(said.kept, '1');
    assert.equal(said.path, '1');
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

session('a descriptor, flags and a mode by their names', async (dap) => {
  const threadId = await start(dap);
  const folder = temporaryFolder();
  const file = path.join(folder, 'made');
  try {
    await next(dap, threadId, { entry: 'openat' });
    assert.match(await edit(dap, threadId, ['dirfd'], '7'), /^7/);
    assert.match(await edit(dap, threadId, ['dirfd'], 'AT_FDCWD</somewhere>'), /^AT_FDCWD/);
    await edit(dap, threadId, ['pathname'], file);
    assert.equal(await edit(dap, threadId, ['flags'], 'O_WRONLY|O_CREAT | O_EXCL'), 'O_WRONLY|O_CREAT|O_EXCL');
    assert.equal(await edit(dap, threadId, ['mode'], '0640'), '0640');
    assert.equal(await edit(dap, threadId, ['flags', 'O_CLOEXEC'], '1'), '1');
    assert.equal((await find(dap, threadId, ['flags'])).found.value, 'O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC');
    assert.match((await refused(dap, threadId, ['flags'], 'O_NOSUCH')).text, /flags \(O_\?*\*?.*O_NOSUCH/);
    await finish(dap, threadId);
    assert.equal(fs.statSync(file).mode & 0o777, 0o640);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

session('flags by name and bit by bit, at a second call', async (dap) => {
  const threadId = await start(dap);
  await next(dap, threadId, { entry: 'pipe2' });
  assert.equal(await edit(dap, threadId, ['flags', 'O_CLOEXEC'], '1'), '1');
  const said = await finish(dap, threadId);
  assert.equal(Number(said.flags) & 1, 1);
});

session('a call that is skipped: the file stays, the program gets the result', async (dap) => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'kept');
  fs.writeFileSync(file, '');
  try {
    const threadId = await start(dap, { args: ['/etc/hostname', file] });
    await next(dap, threadId, { entry: 'unlink' });
    assert.match((await find(dap, threadId, ['result'])).found.value, /still to be made/);
    assert.match(await edit(dap, threadId, ['result'], 'EROFS'), /^-1 EROFS \(Read-only/);
    assert.match((await find(dap, threadId, ['phase'])).found.value, /will not be made/);
    const stop = await next(dap, threadId, { exit: 'unlink' });
    assert.match(stop.text, /unlink\(.*\) = -1 EROFS/);
    assert.match((await find(dap, threadId, ['phase'])).found.value, /was not made/);
    const said = await finish(dap, threadId);
    assert.deepEqual([said.unlinked, said.unlinked_errno], ['-1', '30']);
    assert.ok(fs.existsSync(file));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

session('another call by its name; back to the first by its number', async (dap) => {
  const threadId = await start(dap);
  await next(dap, threadId, { entry: 'getppid' });
  assert.equal(await edit(dap, threadId, ['name'], 'getpid'), 'getpid');
  assert.match((await refused(dap, threadId, ['name'], 'getpidd')).text, /getpidd.*getpid/);
  const stop = await next(dap, threadId, { exit: 'getpid' });
  assert.match(stop.text, new RegExp(`getpid\\(\\) = ${threadId}`));
  assert.equal((await finish(dap, threadId)).parent, '0');
});

session('a number is taken, and a skip taken back by it', async (dap) => {
  const threadId = await start(dap);
  await next(dap, threadId, { entry: 'getppid' });
  await edit(dap, threadId, ['result'], '99');
  assert.equal(await edit(dap, threadId, ['number'], '110'), '110');
  assert.equal((await find(dap, threadId, ['phase'])).found.value, 'entry');
  assert.equal((await finish(dap, threadId)).parent, '1');
});

session('a write to another descriptor, of another length and other bytes', async (dap) => {
  const threadId = await start(dap);
  await next(dap, threadId, { entry: 'write' });
  assert.equal(await edit(dap, threadId, ['buf'], '"XY\\n"'), '"XY\\ndefgh"');
  assert.equal(await edit(dap, threadId, ['buf', '[1]'], "'Z'"), '0x5a');
  assert.equal(await edit(dap, threadId, ['count'], '3'), '3');
  assert.match(await edit(dap, threadId, ['fd'], '2'), /^2/);
  const said = await finish(dap, threadId);
  assert.equal(dap.output('stderr'), 'XZ\n');
  assert.deepEqual([said.written, said.piped], ['3', '-1']);
});

session('what read has brought is changed, and its result', async (dap) => {
  const threadId = await start(dap);
  await next(dap, threadId, { entry: 'read' });
  assert.match((await refused(dap, threadId, ['buf'], '"x"')).text, /neither|text/);
  await next(dap, threadId, { exit: 'read' });
  await edit(dap, threadId, ['buf', '[0]'], '0x51');
  assert.match(await edit(dap, threadId, ['result'], '1'), /^1/);
  assert.equal(await edit(dap, threadId, ['buf'], '"R"'), '"R"');
  const late = await refused(dap, threadId, ['fd'], '1');
  assert.match(late.text, /returned/);
  assert.ok(late.hint.includes('readOnly'));
  const said = await finish(dap, threadId);
  assert.deepEqual([said.read, said.text[0]], ['1', 'R']);
});

session('an error becomes another, and a success', async (dap) => {
  const threadId = await start(dap);
  await next(dap, threadId, { exit: 'unlink' });
  assert.match(await edit(dap, threadId, ['result'], '-EACCES'), /^-1 EACCES/);
  assert.match(await edit(dap, threadId, ['errno'], 'EBUSY (Device or resource busy)'), /^EBUSY/);
  assert.match((await refused(dap, threadId, ['errno'], '0')).text, /1 to 4095/);
  const said = await finish(dap, threadId);
  assert.deepEqual([said.unlinked, said.unlinked_errno], ['-1', '16']);
});

session('fields of structs: a time at the entry, a stat at the return', async (dap) => {
  const threadId = await start(dap);
  await next(dap, threadId, { entry: 'nanosleep' });
  assert.equal(await edit(dap, threadId, ['req', 'tv_nsec'], '2000000000'), '2000000000');
  await next(dap, threadId, { exit: 'stat' });
  assert.equal(await edit(dap, threadId, ['statbuf', 'st_mode'], 'S_IFREG|S_ISUID|0644'), 'S_IFREG|S_ISUID|0644');
  assert.equal(await edit(dap, threadId, ['statbuf', 'st_size'], '1L<<40'), '1099511627776');
  assert.match((await refused(dap, threadId, ['statbuf', 'st_uid'], '1L<<40')).text, /does not fit into 4 bytes/);
  assert.equal(await edit(dap, threadId, ['statbuf', 'st_uid'], '4711'), '4711');
  const said = await finish(dap, threadId);
  assert.deepEqual([said.slept, said.mode, said.size, said.uid], ['-1', String(0o104644), '1099511627776', '4711']);
});

session('one buffer of a vector; a text that has no room there', async (dap) => {
  const threadId = await start(dap);
  await next(dap, threadId, { entry: 'writev' });
  assert.equal(await edit(dap, threadId, ['iov', '[0]', 'iov_base'], '"J"'), '"Je"');
  assert.match((await refused(dap, threadId, ['iov', '[0]', 'iov_base'], '"too long"')).text, /room for 2 bytes.*8/);
  assert.equal(await edit(dap, threadId, ['iov', '[1]', 'iov_len'], '2'), '2');
  const said = await finish(dap, threadId);
  assert.deepEqual([said.vector, said.vector_text], ['4', 'J']);
});

session('a call of i386: number, argument, result', async (dap) => {
  const threadId = await start(dap);
  const nextOfI386 = async () => {
    let stop;
    do {
      await dap.request('continue', { threadId });
      stop = await dap.stopped('syscall');
    } while (!/@32/.test(stop.text));
  };
  await next(dap, threadId, { entry: 'nanosleep' });
  await catchCalls(dap, { entry: 'all' });
  await nextOfI386();
  assert.equal(await edit(dap, threadId, ['name'], 'getppid'), 'getppid');
  assert.equal((await find(dap, threadId, ['number'])).found.value, '64');
  await nextOfI386();
  assert.match(await edit(dap, threadId, ['oldfd'], '1000'), /^1000/);
  await edit(dap, threadId, ['result'], 'EMFILE');
  const said = await finish(dap, threadId);
  assert.deepEqual([said.old, said.old_dup], ['0', '-24']);
});

session('what cannot be: a wrong escape, an open quote, text that was cut, a phase', async (dap) => {
  const threadId = await start(dap);
  await next(dap, threadId, { entry: 'openat' });
  assert.match((await refused(dap, threadId, ['pathname'], '"a\\q"')).text, /column \d+: \\q/);
  assert.match((await refused(dap, threadId, ['pathname'], '"abc')).text, /closing quote/);
  assert.match((await refused(dap, threadId, ['pathname'], '"abc"...')).text, /cut off/);
  assert.match((await refused(dap, threadId, ['pathname'], '"a\\0b"')).text, /\\0/);
  assert.match((await refused(dap, threadId, ['pathname'], 'nonsense words')).text, /neither text in quotes nor an address/);
  const phase = await refused(dap, threadId, ['phase'], 'return');
  assert.ok(phase.hint.includes('readOnly'));
  await finish(dap, threadId);
});

session('/bin/cat opens another file than it was told', async (dap) => {
  const threadId = await start(dap, { name: '/bin/cat', args: ['/etc/hostname'], stop: { stopOnEntry: true } });
  await catchCalls(dap, { entry: 'openat' });
  let stop;
  do {
    await dap.request('continue', { threadId });
    stop = await dap.stopped('syscall');
  } while (!stop.text.includes('/etc/hostname'));
  assert.equal(await edit(dap, threadId, ['pathname'], '"/proc/self/comm"'), '"/proc/self/comm"');
  assert.match(await edit(dap, threadId, ['flags'], 'O_RDONLY|O_CLOEXEC|O_NOATIME'), /O_NOATIME/);
  await catchCalls(dap, {});
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
  assert.equal(dap.output('stdout'), 'cat\n');
});

session('/bin/cat is told that its file is not there, and that its write had no room', async (dap) => {
  const threadId = await start(dap, { name: '/bin/cat', args: ['/etc/hostname'], stop: { stopOnEntry: true } });
  await catchCalls(dap, { entry: 'write' });
  await dap.request('continue', { threadId });
  await dap.stopped('syscall');
  await edit(dap, threadId, ['result'], 'ENOSPC');
  await catchCalls(dap, {});
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 1);
  assert.match(dap.output('stderr'), /No space left/);
});

// Whatever is shown can be written back as it is shown, and changes nothing.
async function writeBack(dap, holder, depth, seen) {
  for (const v of Object.values(await dap.variables(holder))) {
    const isFixed = v.presentationHint?.attributes?.includes('readOnly');
    const isOpen = /still to be made/.test(v.value) || v.evaluateName?.startsWith('$') && depth > 0;
    if (!isFixed && !isOpen && !v.value.endsWith('...')) {
      const answer = await dap.tryRequest('setVariable', { variablesReference: holder.variablesReference, name: v.name, value: v.value });
      assert.ok(answer.success, `${v.name} (${v.type}) = ${v.value}: ${answer.body?.error?.format}`);
      assert.equal(answer.body.value, v.value, v.name);
      seen.add(v.type);
    }
    if (v.variablesReference && depth < 3 && !isOpen) {
      await writeBack(dap, v, depth + 1, seen);
    }
  }
}

async function writesBackEverything(dap, name, args, calls, count) {
  const threadId = await start(dap, { name, args, stop: { stopOnEntry: true } });
  const seen = new Set();
  await catchCalls(dap, { entry: calls, exit: calls });
  for (let i = 0; i < count; i++) {
    await dap.request('continue', { threadId });
    await dap.stopped('syscall');
    await writeBack(dap, await scopeOf(dap, threadId), 0, seen);
  }
  await catchCalls(dap, {});
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
  return seen;
}

session('/bin/ls is none the worse for all its values written back', async (dap) => {
  const seen = await writesBackEverything(dap, '/bin/ls', ['-l', '/proc/self/fd'], 'all,!execve,!exit_group', 150);
  assert.ok(seen.size > 12, [...seen].join());
  assert.match(dap.output('stdout'), /total 0/);
});

const PYTHON = `
import fcntl, os, resource, select, signal, socket, time
a, b = socket.socketpair()
a.sendmsg([b"one", b"two"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, (0).to_bytes(4, "little"))])
b.recvmsg(16, 64)
s = socket.create_server(("127.0.0.1", 0))
c = socket.create_connection(s.getsockname())
c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
p = select.poll(); p.register(c, select.POLLOUT); p.poll(100)
select.select([], [c], [], 1)
e = select.epoll(); e.register(c, select.EPOLLOUT); e.poll(1)
signal.signal(signal.SIGUSR1, lambda *_: None)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGUSR2])
os.kill(os.getpid(), 0)
fcntl.fcntl(c, fcntl.F_SETFL, os.O_NONBLOCK)
resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
os.umask(0o22); os.access("/", os.R_OK); os.stat("/dev/null"); os.uname(); os.sched_getaffinity(0)
os.writev(1, [b"do", b"ne\\n"])
`;

session('python3 is none the worse either: sockets, polls, signals, limits', async (dap) => {
  const calls = '%network,%signal,!rt_sigreturn,poll,select,pselect6,epoll_ctl,epoll_wait,fcntl,prlimit64,umask,access,uname,sched_getaffinity,writev';
  const threadId = await start(dap, { name: '/usr/bin/python3', args: ['-S', '-c', PYTHON], stop: { stopOnEntry: true } });
  await next(dap, threadId, { entry: 'socketpair' });
  await catchCalls(dap, { entry: calls, exit: calls });
  const seen = new Set();
  for (let text = ''; !/^writev.* = /.test(text);) {
    await writeBack(dap, await scopeOf(dap, threadId), 0, seen);
    await dap.request('continue', { threadId });
    text = (await dap.stopped('syscall')).text;
  }
  await catchCalls(dap, {});
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
  assert.equal(dap.output('stdout'), 'done\n');
  assert.ok(seen.size > 20, [...seen].join());
});
