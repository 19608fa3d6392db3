// Kate's debugger plugin, as its addons/gdbplugin/dap/client.cpp and dapbackend.cpp behave: numbers from 0, `path` for `pathFormat`,
// the whole of `request` as arguments, configurationDone without waiting for the breakpoints, 0 for all frames and all variables,
// singleThread if the user types "only", `terminate` and then `disconnect`.
import { assert, session, program, source, line, victim } from './session.mjs';

const INITIALIZE = { locale: 'en_US', adapterID: 'qdap', linesStartAt1: true, columnsStartAt1: true, path: 'path', supportsVariableType:
  true, supportsVariablePaging: false, supportsRunInTerminalRequest: false, supportsMemoryReferences: false, supportsProgressReporting:
  false, supportsInvalidatedEvent: false, supportsMemoryEvent: false };

async function start(dap, request, configuration, breakpoints = {}) {
  dap.countFrom(0);
  dap.capabilities = await dap.request('initialize', INITIALIZE);
  const answered = dap.request(request, { command: request, ...configuration });
  answered.catch(() => {});
  await dap.waitFor('initialized');
  const asked = Object.entries(breakpoints).map(([path, list]) => dap.request('setBreakpoints', {
    source: { path }, breakpoints: list.map((it) => (typeof it === 'number' ? { line: it } : it)), sourceModified: true }));
  const configured = dap.request('configurationDone', null);
  const set = await Promise.all(asked);
  await Promise.all([configured, answered]);
  await dap.request('threads', null);
  return set.map((body) => body.breakpoints);
}

async function look(dap, { threadId }) {
  const [{ stackFrames }] = await Promise.all([
    dap.request('stackTrace', { threadId, startFrame: 0, levels: 0 }), dap.request('threads', null)]);
  const { scopes } = await dap.request('scopes', { frameId: stackFrames[0].id });
  const { variables } = await dap.request('variables', { variablesReference: scopes[0].variablesReference, start: 0, count: 0 });
  return { stackFrames, scope: scopes[0].name, variables };
}

session('kate: breakpoints, a stop, the stack, the first scope, an expression, steps, the end', async (dap) => {
  const inTwice = line('steps.c', 'in twice');
  const [set] = await start(dap, 'launch', { program: program('steps'), args: [], cwd: '/' },
    { [source('steps.c')]: [{ line: inTwice, condition: 'x == 21' }] });
  assert.deepEqual(set.map((it) => [it.verified, it.line]), [[true, inTwice]]);
  const stop = await dap.stopped('breakpoint');
  const { stackFrames, scope, variables } = await look(dap, stop);
  assert.ok(stackFrames.length >= 2, '0 frames are all frames');
  assert.deepEqual([stackFrames[0].name, stackFrames[0].line, scope], ['twice', inTwice, 'Locals']);
  assert.deepEqual([variables[0].name, variables[0].value], ['x', '21']);
  assert.equal((await dap.evaluate('x + 1', stackFrames[0].id, 'watch')).result, '22');
  await dap.request('next', { threadId: stop.threadId, singleThread: true });
  assert.equal((await look(dap, await dap.stopped('step'))).stackFrames[0].line, inTwice + 1);
  await dap.request('continue', { threadId: stop.threadId });
  assert.equal(await dap.exited(), 0);
  await dap.tryRequest('disconnect', {});
});

session('kate: it is not told that "command" is unknown, which it always sends', async (dap) => {
  await start(dap, 'launch', { program: program('steps'), args: [], cwd: '/' });
  assert.equal(await dap.exited(), 0);
  assert.doesNotMatch(dap.output('console'), /command/);
});

session('kate: syscalls in its configuration, since it has no filters', async (dap) => {
  await start(dap, 'launch', { program: program('makes_syscalls'), syscalls: { stop: 'openat if path("/etc/hostname")' } });
  const { scope, variables } = await look(dap, await dap.stopped());
  assert.equal(scope, 'Syscall');
  assert.match(variables.find((it) => it.name === 'pathname').value, /\/etc\/hostname/);
});

// Kate takes a source for a file, whatever it is, and says at every stop in a library that it could not open it.
session('kate: frames without a file have no source if it is told so, and are shown by their names', async (dap) => {
  await start(dap, 'launch', { program: program('makes_syscalls'), disassemblyAsSource: false, syscalls: { stop: 'openat if path("/etc/hostname")' } });
  const { stackFrames } = await look(dap, await dap.stopped());
  assert.deepEqual(stackFrames.slice(0, 2).map((it) => [it.name, it.source?.path, it.line]),
    [['syscall', undefined, 0], ['main', source('makes_syscalls.c'), line('makes_syscalls.c', 'opens')]]);
  assert.ok(stackFrames.every((it) => !it.source || it.source.path), 'each source is a file');
});

session('kate: terminate, then disconnect at once', async (dap) => {
  await start(dap, 'launch', { program: program('waits_for_signal') });
  await dap.outputContains('ready');
  await dap.request('terminate', {});
  await dap.exited();
  await dap.tryRequest('disconnect', {});
});

session('kate: what is said to go on when a stopped program is to end is a thread', async (dap) => {
  await start(dap, 'launch', { program: program('steps') }, { [source('steps.c')]: [line('steps.c', 'in twice')] });
  const { threadId } = await dap.stopped('breakpoint');
  await dap.request('terminate', {});
  assert.equal((await dap.waitFor('continued')).threadId, threadId);
  await dap.exited();
  await dap.tryRequest('disconnect', {});
});

session('kate: attach by a pid that was typed; the process runs on', async (dap) => {
  const it = await victim(program('runs_threads'), ['2']);
  try {
    await start(dap, 'attach', { pid: it.pid });
    await dap.request('pause', { threadId: it.pid });
    await look(dap, await dap.stopped('pause'));
    await dap.request('disconnect', {});
    assert.equal(await it.ask('go on'), 'joined');
    assert.deepEqual(await it.ended, { code: 0, signal: null });
  } finally {
    it.kill();
  }
});
