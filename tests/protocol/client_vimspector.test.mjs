// Vim's vimspector, as its debug_session.py and breakpoints.py behave: all kinds of breakpoints at the same time (functions and
// instructions as well, empty or not), threads only when launch and configurationDone are both answered, then the stacks of what is stopped.
import { assert, session, program, source, line, victim } from './session.mjs';
import { directly, terminalSession } from './terminal.mjs';

const INITIALIZE = { adapterID: 'ptdap', clientID: 'vimspector', clientName: 'vimspector', linesStartAt1: true, columnsStartAt1: true, locale: 'en_GB',
  pathFormat: 'path', supportsVariableType: true, supportsVariablePaging: false, supportsRunInTerminalRequest: true, supportsMemoryReferences: true,
  supportsStartDebuggingRequest: true };

async function start(dap, request, configuration, { lines = {}, functions = [], filters } = {}) {
  dap.countFrom(0);
  dap.capabilities = await dap.request('initialize', INITIALIZE);
  const answered = dap.request(request, { request, name: 'test', type: 'ptdap', ...configuration });
  answered.catch(() => {});
  await dap.waitFor('initialized');
  const [set] = await Promise.all([
    Promise.all(Object.entries(lines).map(([path, list]) => dap.request('setBreakpoints', {
      source: { name: path.split('/').pop(), path }, breakpoints: list.map((it) => ({ line: it })), sourceModified: false }))),
    dap.request('setFunctionBreakpoints', { breakpoints: functions.map((name) => ({ name })) }),
    dap.request('setInstructionBreakpoints', { breakpoints: [] }),
    dap.request('setExceptionBreakpoints', { filters: filters ?? dap.defaultFilters() }),
  ]);
  await Promise.all([dap.request('configurationDone'), answered]);
  await dap.threads();
  return set.map((body) => body.breakpoints);
}

// The stack, variables and watch windows after a stop.
async function look(dap, { threadId }, watches = []) {
  await dap.threads();
  const frames = await dap.stack(threadId);
  const frame = frames.find((it) => it.source?.path) ?? frames[0];
  const { scopes } = await dap.request('scopes', { frameId: frame.id });
  const [shown, results] = await Promise.all([
    Promise.all(scopes.filter((it) => !it.expensive).map(async (it) => [it.name, await dap.variables(it)])),
    Promise.all(watches.map((expression) => dap.evaluate(expression, frame.id, 'watch'))),
  ]);
  return { frame, shown: Object.fromEntries(shown), results: results.map((it) => it.result) };
}

session('vimspector: every kind of breakpoint at once, a stop, scopes, watches, steps, the end', async (dap) => {
  const inTwice = line('steps.c', 'in twice');
  const [set] = await start(dap, 'launch', { program: program('steps') }, { lines: { [source('steps.c')]: [inTwice] }, functions: ['factorial'] });
  assert.deepEqual(set.map((it) => [it.verified, it.line]), [[true, inTwice]]);
  const stop = await dap.stopped('breakpoint');
  const { frame, shown, results } = await look(dap, stop, ['x', '$rip']);
  assert.deepEqual([frame.line, shown.Arguments.x.value, results[0]], [inTwice, '21', '21']);
  assert.match(results[1], /twice/);
  await dap.request('stepOut', { threadId: stop.threadId, granularity: 'statement' });
  assert.equal((await look(dap, await dap.stopped('step'))).frame.name, 'main');
  await dap.request('continue', { threadId: stop.threadId });
  const { frame: second } = await look(dap, await dap.stopped('function breakpoint'));
  assert.equal(second.name, 'factorial');
  await dap.request('setFunctionBreakpoints', { breakpoints: [] });
  await dap.request('continue', { threadId: stop.threadId });
  assert.equal(await dap.exited(), 0);
});

session('vimspector: a function breakpoint named syscall:openat stops there, and the call is seen in the frame it goes to', async (dap) => {
  await start(dap, 'launch', { program: program('makes_syscalls') }, { functions: ['syscall:openat if path("/etc/hostname")'] });
  const stop = await dap.stopped();
  assert.match(stop.description, /openat/);
  const { frame, shown } = await look(dap, stop);
  assert.equal(frame.line, line('makes_syscalls.c', 'opens'));
  assert.match(shown.Syscall.pathname.value, /\/etc\/hostname/);
});

session('vimspector: the pid that was asked for comes as a string; the debuggee lives on after the end', async (dap) => {
  const it = await victim(program('runs_threads'), ['2']);
  try {
    await start(dap, 'attach', { pid: String(it.pid) });
    await dap.request('pause', { threadId: it.pid });
    await look(dap, await dap.stopped('pause'));
    await dap.request('disconnect', { terminateDebuggee: false });
    assert.equal(await it.ask('go on'), 'joined');
    assert.deepEqual(await it.ended, { code: 0, signal: null });
  } finally {
    it.kill();
  }
});

terminalSession('vimspector: the program in a terminal of Vim', async (dap) => {
  await start(dap, 'launch', { program: program('in_terminal'), console: 'integratedTerminal' });
  dap.terminal.type('exit 4\n');
  assert.equal(await dap.exited(), 4);
}, { open: directly, answer: { success: true, body: { processId: 1 } } });
