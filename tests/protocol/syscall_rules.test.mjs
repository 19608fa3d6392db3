// Rules for system calls as a user types them: in the exception filters, as function breakpoints, in expressions.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { assert, session, test, program, line, source, temporaryFolder } from './session.mjs';

const ENTRY = 'syscallEntry';
const RETURN = 'syscallReturn';

const wordsOf = (stop) => `${stop.description ?? ''} ${stop.text ?? ''}`;
const at = (filterId, condition) => ({ filterId, condition });

async function nextStop(dap) {
  const event = await dap.until('a stop or the end', () => dap.events.find((e) => !e.isTaken && ['stopped', 'terminated'].includes(e.event)));
  if (event.event === 'stopped') {
    event.isTaken = true;
    return event.body;
  }
  return null;
}

// Every stop until the program ends: `look` gets each.
async function allStops(dap, look = wordsOf) {
  const seen = [];
  for (let stop = await nextStop(dap); stop; stop = await nextStop(dap)) {
    seen.push(await look(stop));
    await dap.request('continue', { threadId: stop.threadId });
  }
  return seen;
}

function assertCalls(seen, patterns) {
  assert.equal(seen.length, patterns.length, seen.join('\n'));
  seen.forEach((text, i) => assert.match(text, patterns[i]));
}

// Launches it with these rules in the filters: it stops at exactly these calls.
function stopsAt(name, make, patterns) {
  session(name, async (dap) => {
    const { filterOptions, ...what } = make(dap);
    await dap.launch({ filters: [], filterOptions, ...what });
    assertCalls(await allStops(dap), patterns);
  });
}

const own = { program: program('makes_syscalls') };
const atMain = { ...own, stopAtBeginningOfMainSubprogram: true };

// --- the filters

stopsAt('a set and an error: openat,%network if $errno == ENOENT', () => ({ ...own, filterOptions: [
  at(RETURN, 'openat,%network if $errno == ENOENT && !path("/etc/**") && !path("*.so*")')] }), [/openat\(.*"\/no\/such\/file".*ENOENT/]);

stopsAt('a group beside a name: connect of python3 to a socket that is not there', (dap) => ({
  program: '/usr/bin/python3', cwd: '/', args: ['-S', '-E', '-c', `import socket
s = socket.socket(socket.AF_UNIX)
try:
    s.connect("/no/such/socket-${dap.pid}")
except FileNotFoundError:
    pass
try:
    open("/no/such/file-${dap.pid}")
except FileNotFoundError:
    pass`],
  filterOptions: [at(RETURN, 'openat,%network if $errno == ENOENT && ($syscall == connect || path("/no/such/*"))')] }),
[/connect\(3.*"\/no\/such\/socket-.*ENOENT/, /openat\(.*"\/no\/such\/file-.*ENOENT/]);

stopsAt('an argument: write if $arg.fd == 2, of /bin/ls', () => ({ program: '/bin/ls', args: ['/no/such/folder', '/etc/hostname'], env: { LC_ALL: 'C' },
  filterOptions: [at(ENTRY, 'write if $arg.fd == 2 && $arg.count > 1')] }),
[/write\(2.*"\/?.*ls: /, /write\(2.*cannot access '\/no\/such/, /write\(2.*No such file/]);

stopsAt('a path: openat if path("/etc/**")', () => ({ ...own, filterOptions: [at(ENTRY, 'openat if path("/etc/**") && !path("/etc/ld.so*")')] }),
  [/openat\(.*"\/etc\/hostname"/]);

stopsAt('a path of a descriptor, at the return of the close too', () => ({ ...own, filterOptions: [
  at(RETURN, 'read,close if path("/etc/hostname")')] }), [/read\(\d+<\/etc\/hostname>.* = \d/, /close\(.* = 0/]);

stopsAt('the text of an argument, and calls of a group that have no such argument', () => ({ ...own, filterOptions: [
  at(ENTRY, '%file,%desc if $arg.pathname == "/no/such/file"; %desc,getpid if $arg.fd == 1 && $arg.count == 6')] }),
[/openat\(.*"\/no\/such\/file"/, /write\(1/]);

session('a result: read @return if $result > 4096, of /bin/cat', async (dap) => {
  const folder = temporaryFolder();
  try {
    fs.writeFileSync(path.join(folder, 'large'), 'x'.repeat(10000));
    fs.writeFileSync(path.join(folder, 'exact'), 'x'.repeat(4096));
    fs.writeFileSync(path.join(folder, 'small'), 'x');
    await dap.launch({ program: '/bin/cat', args: ['small', 'large', 'exact'].map((name) => path.join(folder, name)),
      filters: [], filterOptions: [at(RETURN, 'read @return if $result > 4096')] });
    assertCalls(await allStops(dap), [/read\(\d+<.*large>.* = 10000/]);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

session('the third: #3 alone, of all calls and of a set', async (dap) => {
  await dap.launch({ ...atMain, filters: [] });
  const { threadId } = await dap.stopped();
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [at(ENTRY, '#3'), at(RETURN, 'openat #2; write,getpid #1')] });
  await dap.request('continue', { threadId });
  assertCalls(await allStops(dap), [/close\(/, /openat\(.*no\/such.*ENOENT/, /write\(1.* = 6/]);
});

session('numbers in conditions: $arg[N], $result, $phase, and the words of $syscall', async (dap) => {
  await dap.launch({ ...atMain, filters: [] });
  const { threadId } = await dap.stopped();
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [
    at(ENTRY, 'if $syscall == "write" && $arg[2] == 6 && $phase == entry'),
    at(RETURN, 'if ($syscall == openat && $arg.flags & O_CREAT) || $result == -ENOENT; getpid if $result > 1')] });
  await dap.request('continue', { threadId });
  assertCalls(await allStops(dap), [/openat\(.*ENOENT/, /write\(1/, /getpid\(\) = \d/]);
});

session('a name of the program in a rule', async (dap) => {
  await dap.launch({ ...atMain, filters: [] });
  const { threadId } = await dap.stopped();
  const body = await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [at(ENTRY, 'write,getpid if $rdi == 1 && (unsigned long)&main != 0')] });
  assert.equal(body.breakpoints[0].verified, true, body.breakpoints[0].message);
  await dap.request('continue', { threadId });
  assertCalls(await allStops(dap), [/write\(1/]);
});

session('a mistake is told with its column, and what was accepted before stays', async (dap) => {
  await dap.launch({ ...atMain, filters: [] });
  const { threadId } = await dap.stopped();
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [at(ENTRY, 'write'), at(RETURN, 'getpid')] });
  const wrong = [
    [ENTRY, 'opennat if 1', /'opennat' \(column 1\).*'openat'/],
    [ENTRY, 'openat,%netwrok', /'%netwrok' \(column 8\).*'%network'/],
    [RETURN, 'openat if $errno == ENOENTT', /"ENOENTT" \(column 21\).*ENOENT\?/],
    [ENTRY, 'openat if $errno == ENOENT', /column 11\).*syscallReturn/],
    [ENTRY, 'read @return', /column 6\).*syscallReturn/],
    [ENTRY, 'write if $arg.df == 2', /"df" \(column 15\).*fd, buf, count/],
    [ENTRY, 'write if $arg.fd == ', /column 20|column 21/],
    [ENTRY, 'write if $arg.fd = 2', /column 18\).*==/],
    [RETURN, 'close; read #0', /column 13\)/],
    [RETURN, 'close if nosuchname', /"nosuchname" \(column 10\)/],
    [ENTRY, 'openat path("/etc/**")', /column 8/],
  ];
  for (const [filterId, condition, message] of wrong) {
    const { breakpoints } = await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [at(filterId, condition),
      filterId === ENTRY ? at(RETURN, 'getpid') : at(ENTRY, 'write')] });
    assert.equal(breakpoints[0].verified, false, condition);
    assert.match(breakpoints[0].message, message, condition);
    assert.equal(breakpoints[1].verified, true, condition);
  }
  await dap.request('continue', { threadId });
  assertCalls(await allStops(dap), [/write\(1/, /getpid\(\) = /]);
});

session('the filters say how a rule is written', async (dap) => {
  const { exceptionBreakpointFilters } = await dap.initialize();
  for (const id of [ENTRY, RETURN]) {
    assert.match(exceptionBreakpointFilters.find((f) => f.filter === id).conditionDescription, /SET.*if EXPRESSION/);
  }
});

// --- function breakpoints

session('syscall:openat as a function breakpoint: verified, its stop names it', async (dap) => {
  const { functions } = await dap.launch({ ...atMain, filters: [], functions: ['syscall:openat', 'syscall:%file@return', 'syscall:opennat'] });
  assert.deepEqual(functions.map((f) => f.verified), [true, true, false]);
  assert.match(functions[2].message, /'opennat' \(column 9\).*'openat'/);
  let stop = await dap.stopped();
  while (!/hostname/.test(wordsOf(stop))) {   // what the loader opens
    await dap.request('continue', { threadId: stop.threadId });
    stop = await dap.stopped();
  }
  assert.equal(stop.reason, 'function breakpoint');
  assert.deepEqual(stop.hitBreakpointIds, [functions[0].id]);
  await dap.request('continue', { threadId: stop.threadId });
  stop = await dap.stopped();
  assert.match(wordsOf(stop), /openat\(.*hostname.* = \d/);
  assert.deepEqual(stop.hitBreakpointIds, [functions[1].id]);
  await dap.request('setFunctionBreakpoints', { breakpoints: [] });
  await dap.request('continue', { threadId: stop.threadId });
  assert.equal(await dap.exited(), 0);
});

session('conditions, hit conditions and log messages of syscall:...', async (dap) => {
  await dap.launch({ ...atMain, filters: [] });
  const { threadId } = await dap.stopped();
  const { breakpoints } = await dap.request('setFunctionBreakpoints', { breakpoints: [
    { name: 'syscall:write,read', condition: '$arg.fd == 1' },
    { name: 'syscall:openat', hitCondition: '2' },
    { name: 'syscall:openat,close @return', logMessage: '{$syscall} gave {$result}' },
    { name: 'syscall:read', condition: '$arg.df == 1' },
    { name: 'syscall:read', hitCondition: 'often' },
    { name: 'syscall:read', logMessage: '{1 +}' },
  ] });
  assert.deepEqual(breakpoints.map((b) => b.verified), [true, true, true, false, false, false], JSON.stringify(breakpoints));
  assert.match(breakpoints[3].message, /condition.*"df" \(column 6\).*fd, buf, count/);
  await dap.request('continue', { threadId });
  const seen = await allStops(dap, (stop) => [stop.hitBreakpointIds, wordsOf(stop)]);
  assert.deepEqual(seen.map(([ids]) => ids), [[breakpoints[1].id], [breakpoints[0].id]]);
  assertCalls(seen.map(([, text]) => text), [/openat\(.*no\/such/, /write\(1/]);
  assert.match(dap.output('console'), /openat gave \d+\nclose gave 0\nopenat gave -2\n/);
});

session('a stop that a filter and a breakpoint want is one', async (dap) => {
  await dap.launch({ ...atMain, filters: [] });
  const { threadId } = await dap.stopped();
  const { breakpoints } = await dap.request('setFunctionBreakpoints', { breakpoints: [{ name: 'syscall:write' }, { name: 'syscall:%desc if $arg.fd == 1' }] });
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [at(ENTRY, 'write')] });
  await dap.request('continue', { threadId });
  const seen = await allStops(dap, (stop) => stop.hitBreakpointIds);
  assert.deepEqual(seen, [breakpoints.map((b) => b.id)]);
});

// --- expressions

async function valueOf(dap, expression, frameId, context) {
  return (await dap.evaluate(expression, frameId, context)).result;
}

session('the specials in watch, hover and console while it stands at a call', async (dap) => {
  await dap.launch({ ...atMain, filters: [] });
  const { threadId } = await dap.stopped();
  const early = await dap.top(threadId);
  assert.match(await dap.failing('evaluate', { expression: '$errno', frameId: early.id, context: 'watch' }), /\$errno.*not stand at a system call.*syscall:openat/);
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [at(ENTRY, 'openat'), at(RETURN, 'openat if $result < 0')] });
  await dap.request('continue', { threadId });
  await dap.stopped('syscall');
  for (const context of ['watch', 'hover', 'repl']) {
    const { id } = await dap.top(threadId);
    assert.equal(await valueOf(dap, '$syscall == openat', id, context), '1');
    assert.equal(await valueOf(dap, '$syscall == "read"', id, context), '0');
    assert.match(await valueOf(dap, '$syscall', id, context), /openat/);
    assert.match(await valueOf(dap, '$phase', id, context), /entry/);
    assert.match(await valueOf(dap, '$arg.pathname', id, context), /"\/etc\/hostname"/);
    assert.equal(await valueOf(dap, '$arg.dfd', id, context).catch(() => valueOf(dap, '$arg[0]', id, context)), '-100');
    assert.equal(await valueOf(dap, '($arg.flags & O_CLOEXEC) != 0', id, context), '1');
    assert.equal(await valueOf(dap, 'path("/etc/*")', id, context), '1');
    for (const name of ['$result', '$errno']) {
      assert.match(await dap.failing('evaluate', { expression: name, frameId: id, context }), /has not returned yet/);
    }
    assert.match(await dap.failing('evaluate', { expression: '$arg.nosuch', frameId: id, context }), /openat has no argument "nosuch"; it has .*flags/);
  }
  let stop;
  do {
    await dap.request('continue', { threadId });
    stop = await dap.stopped('syscall');
  } while (!/ENOENT/.test(wordsOf(stop)));
  const { id } = await dap.top(threadId);
  assert.match(await valueOf(dap, '$errno', id), /ENOENT/);
  assert.equal(await valueOf(dap, '$errno == ENOENT', id), '1');
  assert.equal(await valueOf(dap, '$result', id), '-2');
  assert.match(await valueOf(dap, '$phase', id), /return/);
  assert.match(await valueOf(dap, '$arg.pathname', id), /"\/no\/such\/file"/);
});

session('a breakpoint that is no system call tells where the specials are known; constants it may use', async (dap) => {
  const mark = { [source('makes_syscalls.c')]: [
    { line: line('makes_syscalls.c', 'reads'), condition: '$syscall == openat' },
    { line: line('makes_syscalls.c', 'closes'), condition: '$arg.fd == 1' },
    { line: line('makes_syscalls.c', 'writes'), condition: 'fd > 0 && ENOENT == 2' },
  ] };
  const { lines } = await dap.launch({ ...own, filters: [], lines: mark, stopOnEntry: true });
  const { threadId } = await dap.stopped('entry');
  const again = await dap.setBreakpoints(source('makes_syscalls.c'), Object.values(mark)[0]);
  assert.equal(lines.length, 3);
  for (const one of again.slice(0, 2)) {
    assert.equal(one.verified, false);
    assert.match(one.message, /known at a system call alone.*syscall:openat/);
  }
  assert.equal(again[2].verified, true, again[2].message);
  await dap.request('continue', { threadId });
  await dap.stopped('breakpoint');
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
});

session('everything of the Syscall scope has its expression', async (dap) => {
  await dap.launch({ ...atMain, filters: [] });
  const { threadId } = await dap.stopped();
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [at(ENTRY, 'read'), at(RETURN, 'read,openat if $result < 0 || $arg.fd > 0')] });
  await dap.request('continue', { threadId });
  await dap.stopped('syscall');
  const names = async () => {
    const { id } = await dap.top(threadId);
    const seen = {};
    for (const v of Object.values(await dap.variables(await dap.scope(id, 'Syscall')))) {
      if (v.evaluateName) {
        seen[v.name] = [v.evaluateName, await valueOf(dap, v.evaluateName, id)];
      }
    }
    return seen;
  };
  const entry = await names();
  assert.deepEqual(['number', 'fd', 'count'].map((name) => entry[name]), [['(int)$syscall', '0'], ['$arg.fd', entry.fd[1]], ['$arg.count', '16']]);
  assert.equal(entry.result, undefined);
  await dap.request('continue', { threadId });
  await dap.stopped('syscall');
  const back = await names();
  assert.equal(back.result[0], '$result');
  assert.match(back.result[1], /^\d+$/);
  assert.equal(back.buf[0], '$arg.buf');
});

session('an argument that an expression changes is the call\'s alone: the program finds its registers as they were', async (dap) => {
  await dap.launch({ program: program('edits_calls'), stopAtBeginningOfMainSubprogram: true, filters: [] });
  const { threadId } = await dap.stopped();
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [at(ENTRY, 'openat')] });
  await dap.request('continue', { threadId });
  await dap.stopped('syscall');
  const { id } = await dap.top(threadId);
  assert.match(await dap.failing('evaluate', { expression: '$arg[1] = 1', frameId: id, context: 'hover' }), /change/);
  await dap.evaluate('$arg.pathname = $arg.pathname + 4', id, 'repl');
  assert.match(await valueOf(dap, '$arg.pathname', id), /"\/hostname"/);
  const answer = await dap.request('setExpression', { expression: '$arg[3]', value: '0644', frameId: id });
  assert.match(answer.value, /420|0x1a4/);
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [at(RETURN, 'openat')] });
  await dap.request('continue', { threadId });
  const stop = await dap.stopped('syscall');
  assert.match(wordsOf(stop), /"\/hostname".*ENOENT/);
  const back = await dap.top(threadId);
  assert.match(await dap.failing('evaluate', { expression: '$arg.pathname = 0', frameId: back.id, context: 'repl' }), /./);
  await dap.evaluate('$result = -13', back.id, 'repl');
  assert.match(await valueOf(dap, '$errno', back.id), /EACCES/);
  await dap.request('setExceptionBreakpoints', { filters: [] });
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
  assert.match(dap.output('stdout'), /opened -13\nkept 1\n/);
});

session('a 32-bit call has its arguments by name, and they can be changed', async (dap) => {
  await dap.launch({ program: program('edits_calls'), stopAtBeginningOfMainSubprogram: true, filters: [] });
  const { threadId } = await dap.stopped();
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [at(ENTRY, 'dup if $syscall == dup && $arg[0] > 2')] });
  await dap.request('continue', { threadId });
  assert.match(wordsOf(await dap.stopped('syscall')), /dup@32\(\d/);
  const { id } = await dap.top(threadId);
  const [first] = (await dap.children(await dap.scope(id, 'Syscall'))).filter((v) => v.evaluateName?.startsWith('$arg.'));
  await dap.request('setExpression', { expression: first.evaluateName, value: '99999', frameId: id });
  assert.equal(await valueOf(dap, first.evaluateName, id), '99999');
  await dap.request('setExceptionBreakpoints', { filters: [] });
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
  assert.match(dap.output('stdout'), /old_dup -9\n/);
});

// --- changed while it runs

session('rules that are set while the program runs', async (dap) => {
  await dap.launch({ program: '/usr/bin/python3', args: ['-S', '-E', '-u', '-c', `import os
print("runs")
while os.getppid() and os.getuid() >= 0: pass`], filters: [] });
  await dap.outputContains('runs\n', 'stdout');
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [at(RETURN, 'getppid #5 if $result > 0')] });
  let stop = await dap.stopped('syscall');
  assert.match(wordsOf(stop), /getppid\(\) = \d+/);
  await dap.request('continue', { threadId: stop.threadId });
  const { breakpoints } = await dap.request('setFunctionBreakpoints', { breakpoints: [{ name: 'syscall:getuid', hitCondition: '10' }] });
  stop = await dap.stopped('function breakpoint');
  assert.deepEqual(stop.hitBreakpointIds, [breakpoints[0].id]);
  assert.match(wordsOf(stop), /getuid\(/);
  await dap.request('setFunctionBreakpoints', { breakpoints: [] });
  await dap.request('continue', { threadId: stop.threadId });
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [at(ENTRY, 'getuid; getppid #3')] });
  stop = await dap.stopped('syscall');
  await dap.request('setExceptionBreakpoints', { filters: [] });
});

session('rules that go on keep their count when others come', async (dap) => {
  await dap.launch({ ...atMain, filters: [] });
  const { threadId } = await dap.stopped();
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [at(ENTRY, 'openat #2; read')] });
  await dap.request('continue', { threadId });
  assert.match(wordsOf(await dap.stopped('syscall')), /read\(/);
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [at(ENTRY, 'close; openat #2')] });
  await dap.request('continue', { threadId });
  assertCalls(await allStops(dap), [/close\(/, /openat\(.*no\/such/]);
});

session('a condition with a text holds after a restart, too', async (dap) => {
  await dap.launch({ ...atMain, filters: [], filterOptions: [at(ENTRY, 'openat if path("/no/**")')] });
  await dap.stopped('entry');
  await dap.request('restart');
  const { threadId } = await dap.stopped('entry');
  await dap.request('continue', { threadId });
  assert.match(wordsOf(await dap.stopped('syscall')), /openat\(.*no\/such/);
});

// --- without an editor

const trace = (rule, ...command) => spawnSync(process.env.PTDAP, ['trace', '-e', rule, '--', ...command], { encoding: 'utf8' });

test('ptdap trace -e takes the same rules and tells of the same mistakes', () => {
  const good = trace('write if $arg.fd == 1; openat if $errno == ENOENT && path("/no/**")', program('makes_syscalls'));
  assert.equal(good.status, 0, good.stderr);
  const lines = good.stderr.split('\n').filter((text) => /\(/.test(text));
  assertCalls(lines, [/openat\(.*no\/such.*ENOENT/, /write\(1.*hello.* = 6/]);
  const bad = trace('write if $arg.df == 1', program('makes_syscalls'));
  assert.notEqual(bad.status, 0);
  assert.match(bad.stderr, /"df" \(column 15\)/);
});
