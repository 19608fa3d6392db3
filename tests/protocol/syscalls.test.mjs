// Syscall stops: filters, conditions, the Syscall scope, stepping from boundary to boundary.
import fs from 'node:fs';
import { assert, session, program, at } from './session.mjs';

async function filters(dap) {
  const known = dap.capabilities.exceptionBreakpointFilters;
  const entry = known.find((f) => /entry/i.test(f.label));
  const exit = known.find((f) => /return|exit/i.test(f.label));
  assert.ok(entry?.supportsCondition && exit?.supportsCondition, JSON.stringify(known));
  return { entry: entry.filter, exit: exit.filter };
}

// Runs makes_syscalls with the filters set at main.
async function caught(dap, make, { name = 'makes_syscalls', args } = {}) {
  await dap.launch({ program: program(name), args, stopAtBeginningOfMainSubprogram: true });
  const { threadId } = await dap.stopped();
  const known = await filters(dap);
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: make(known) });
  return threadId;
}

async function nextStop(dap, threadId) {
  await dap.request('continue', { threadId });
  const stop = await dap.stopped('syscall');
  return { text: `${stop.description ?? ''} ${stop.text ?? ''}`, stop };
}

async function syscallScope(dap, threadId) {
  return dap.variables(await dap.scope((await dap.top(threadId)).id, 'Syscall'));
}

const one = (variables, pattern) => {
  const found = Object.values(variables).find((v) => pattern.test(v.name));
  assert.ok(found, `${pattern} among ${Object.keys(variables)}`);
  return found;
};

session('openat at its entry: number, name, decoded arguments', async (dap) => {
  const threadId = await caught(dap, (f) => [{ filterId: f.entry, condition: 'openat' }]);
  const { text, stop } = await nextStop(dap, threadId);
  assert.match(text, /openat\(AT_FDCWD<[^>]+>, "\/etc\/hostname", O_RDONLY\|O_CLOEXEC/);
  assert.equal(stop.threadId, threadId);
  const scope = await syscallScope(dap, threadId);
  assert.match(one(scope, /number|nr/i).value, /257/);
  assert.match(one(scope, /name/i).value, /openat/);
  assert.match(one(scope, /phase/i).value, /entry/i);
  assert.match(one(scope, /(path|filename)/).value, /\/etc\/hostname/);
  assert.match(one(scope, /flags/).value, /O_RDONLY\|O_CLOEXEC/);
  assert.match(one(scope, /dfd|dirfd|fd/).value, /AT_FDCWD/);
});

session('the Syscall scope is there in each frame of the thread, and can be edited in each', async (dap) => {
  const threadId = await caught(dap, (f) => [{ filterId: f.entry, condition: 'openat' }]);
  await nextStop(dap, threadId);
  const frames = await dap.stack(threadId);
  const main = frames.find((frame) => frame.name === 'main');
  assert.ok(main && main.id !== frames[0].id, 'main is not the innermost frame');
  const scope = await dap.scope(main.id, 'Syscall');
  const before = await dap.variables(scope);
  assert.equal(one(before, /pathname/).value, one(await syscallScope(dap, threadId), /pathname/).value);
  for (const argument of ['dirfd', 'pathname']) {
    const [inMain, inCall] = await Promise.all([scope, await dap.scope(frames[0].id, 'Syscall')].map(async (one) => {
      const parts = await dap.children((await dap.children(one)).find((v) => v.name === argument));
      return parts.find((v) => /^r[ds]i$/.test(v.name)).value;
    }));
    assert.equal(inMain, inCall, `the register of ${argument}`);
    assert.match(inMain, /^0x/);
  }
  const { value } = await dap.request('setVariable', { variablesReference: scope.variablesReference, name: 'flags', value: 'O_PATH' });
  assert.match(value, /O_PATH/);
  assert.match((await dap.request('evaluate', { expression: '$arg.flags', frameId: main.id, context: 'watch' })).result, /2097152|O_PATH/);
});

session('openat at its return: the result; then the failing one with its errno', async (dap) => {
  const threadId = await caught(dap, (f) => [{ filterId: f.exit, condition: 'openat' }]);
  const first = await nextStop(dap, threadId);
  assert.match(first.text, /openat\(.*\) = \d+/);
  assert.match(one(await syscallScope(dap, threadId), /result/i).value, /^\d+|^0x/);
  const second = await nextStop(dap, threadId);
  assert.match(second.text, /"\/no\/such\/file".*O_RDWR\|O_CREAT\|O_EXCL.*0640.*ENOENT/);
  const scope = await syscallScope(dap, threadId);
  assert.match(one(scope, /errno|error/i).value, /ENOENT.*No such file/i);
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
});

session('read at its return shows the buffer; its descriptor shows the path', async (dap) => {
  const threadId = await caught(dap, (f) => [{ filterId: f.exit, condition: 'read' }]);
  await nextStop(dap, threadId);
  const scope = await syscallScope(dap, threadId);
  assert.match(one(scope, /fd/).value, /\/etc\/hostname/);
  assert.match(one(scope, /buf/).value, /".+"/);
  assert.match(one(scope, /count|size|len/).value, /16/);
});

session('arguments open into bits, bytes and what /proc says of a descriptor', async (dap) => {
  const threadId = await caught(dap, (f) => [{ filterId: f.entry, condition: 'openat' }, { filterId: f.exit, condition: 'read' }]);
  await nextStop(dap, threadId);
  const bits = await dap.variables(one(await syscallScope(dap, threadId), /^flags$/));
  assert.equal(one(bits, /^O_CLOEXEC$/).value, '1');
  assert.equal(one(bits, /^O_TRUNC$/).value, '0');
  await nextStop(dap, threadId);
  const scope = await syscallScope(dap, threadId);
  const descriptor = await dap.variables(one(scope, /^fd$/));
  assert.equal(one(descriptor, /^target$/).value, '/etc/hostname');
  assert.match(one(descriptor, /^pos$/).value, /^\d+$/);
  const buffer = one(scope, /^buf$/);
  assert.match(buffer.memoryReference, /^0x/);
  assert.match(one(await dap.variables(buffer), /^\[0\]$/).value, /^0x[0-9a-f]+$/);
});

session('both phases, in turn, of a list of names and numbers', async (dap) => {
  const threadId = await caught(dap, (f) => [{ filterId: f.entry, condition: 'close,39' }, { filterId: f.exit, condition: 'close, getpid' }]);
  const seen = [];
  for (let i = 0; i < 4; i++) {
    const { text } = await nextStop(dap, threadId);
    seen.push(text.trim());
  }
  assert.match(seen[0], /close\(\d+/);
  assert.doesNotMatch(seen[0], / = /);
  assert.match(seen[1], /close\(.*\) = 0/);
  assert.match(seen[2], /getpid\(/);
  assert.match(seen[3], new RegExp(`getpid\\(\\) = ${threadId}`));
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
});

session('a group without one of its members; everything when the list is empty', async (dap) => {
  const threadId = await caught(dap, (f) => [{ filterId: f.entry, condition: '%file,!openat' }]);
  await dap.request('setExceptionBreakpoints', { filters: [(await filters(dap)).entry] });
  const names = [];
  for (let i = 0; i < 6; i++) {
    names.push(/(\w+)\(/.exec((await nextStop(dap, threadId)).text)[1]);
  }
  assert.deepEqual(names, ['openat', 'read', 'close', 'openat', 'write', 'getpid']);
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [{ filterId: (await filters(dap)).entry, condition: '%file,!openat' }] });
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
});

session('a condition with an unknown name is told', async (dap) => {
  await dap.launch({ program: program('makes_syscalls'), stopOnEntry: true });
  await dap.stopped('entry');
  const { entry } = await filters(dap);
  const answer = await dap.tryRequest('setExceptionBreakpoints', { filters: [], filterOptions: [{ filterId: entry, condition: 'nosuchcall' }] });
  const text = answer.success ? answer.body.breakpoints[0].message : answer.message ?? answer.body.error.format;
  assert.match(text, /nosuchcall/);
  assert.ok(!answer.success || answer.body.breakpoints[0].verified === false);
});

session('stepSyscall goes to the next boundary of the thread', async (dap) => {
  const threadId = await caught(dap, () => []);
  const seen = [];
  for (let i = 0; i < 4; i++) {
    await dap.request('ptdap/stepSyscall', { threadId });
    const stop = await dap.stopped('syscall');
    seen.push(`${stop.description ?? ''} ${stop.text ?? ''}`);
  }
  assert.match(seen[0], /openat\(/);
  assert.match(seen[1], /openat\(.*\) = \d/);
  assert.match(seen[2], /read\(/);
  assert.match(seen[3], /read\(.*\) = \d/);
});

session('a result that is changed is what the program gets', async (dap) => {
  const threadId = await caught(dap, (f) => [{ filterId: f.exit, condition: 'read' }]);
  await nextStop(dap, threadId);
  const frame = await dap.top(threadId);
  const scope = await dap.scope(frame.id, 'Syscall');
  const result = one(await dap.variables(scope), /result/i);
  await dap.request('setVariable', { variablesReference: scope.variablesReference, name: result.name, value: '-5' });
  await dap.request('setExceptionBreakpoints', { filters: [] });
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 1);
});

session('breakpoints and syscall stops live side by side', async (dap) => {
  await dap.launch({ program: program('makes_syscalls'), lines: at('makes_syscalls.c', 'reads', 'done') });
  const { threadId } = await dap.stopped('breakpoint');
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [{ filterId: (await filters(dap)).exit, condition: 'write' }] });
  const { text } = await nextStop(dap, threadId);
  assert.match(text, /write\(1.*"hello\\n", 6\) = 6/);
  await dap.request('continue', { threadId });
  await dap.stopped('breakpoint');
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
});

session('syscalls of many threads: every stop is one thread\'s', async (dap) => {
  await dap.launch({ program: program('runs_threads'), args: ['8'], stopAtBeginningOfMainSubprogram: true });
  const { threadId } = await dap.stopped();
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [{ filterId: (await filters(dap)).exit, condition: 'prctl' }] });
  const seen = new Set();
  for (let i = 0; i < 8; i++) {
    await dap.request('continue', { threadId });
    const stop = await dap.stopped('syscall');
    assert.match(`${stop.description} ${stop.text}`, /prctl\(/);
    seen.add(stop.threadId);
  }
  assert.equal(seen.size, 8);
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
});

session('syscallFilter: the chosen calls stop; the program cannot be let go, and the refusal says why', async (dap) => {
  const [entry, exit] = ['syscallEntry', 'syscallReturn'];
  await dap.launch({ program: program('makes_syscalls'), syscallFilter: true, filters: [], filterOptions: [
    { filterId: entry, condition: 'openat' }, { filterId: exit, condition: 'openat,write' }] });
  const stop = await dap.stopped('syscall');
  assert.match(`${stop.description} ${stop.text}`, /openat/);
  const status = fs.readFileSync(`/proc/${stop.threadId}/status`, 'utf8');
  assert.match(status, /^Seccomp:\t2$/m);
  assert.match(await dap.failing('disconnect', { terminateDebuggee: false }), /syscallFilter/);
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [{ filterId: exit, condition: 'write' }] });
  const { text } = await nextStop(dap, stop.threadId);
  assert.match(text, /write\(1.*"hello\\n", 6\) = 6/);
  await dap.request('setExceptionBreakpoints', { filters: [] });
  await dap.request('continue', { threadId: stop.threadId });
  assert.equal(await dap.exited(), 0);
});

session('the description of a stop is one short line for a call stack: call, phase, result', async (dap) => {
  const missing = `/no/${'x'.repeat(300)}`;
  await dap.launch({ program: '/bin/cat', args: [missing], syscalls: { stop: 'openat if path("/no/**"); openat@return if path("/no/**")' } });
  const entry = await dap.stopped('syscall');
  assert.match(entry.description, /^openat\(AT_FDCWD<[^>]*>, "\/no\/x+\.\.\.\) \u2014 entry$/);
  assert.ok(entry.text.includes(missing), 'the text has all of it');
  await dap.request('continue', { threadId: entry.threadId });
  const back = await dap.stopped('syscall');
  assert.match(back.description, /^openat\(.*x\.\.\.\) = -1 E[A-Z]+ \([^)]*\) \u2014 return$/);
  for (const { description } of [entry, back]) {
    assert.ok(description.length < 200, `${description.length}`);
  }
  await dap.request('ptdap/syscalls', { stop: 'exit_group' });
  await dap.request('continue', { threadId: entry.threadId });
  assert.equal((await dap.stopped('syscall')).description, 'exit_group(1) \u2014 entry');
});
