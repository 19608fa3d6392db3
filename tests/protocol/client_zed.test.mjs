// Zed, as its crates/project/src/debugger (session.rs, dap_command.rs) behaves: launch and configuration at the same time, files side
// by side, filters as options without conditions, whole stacks, modules and sources, `terminate`. It reads answers and events into the
// types of the protocol to the letter.
import { assert, session, program, source, line, victim } from './session.mjs';
import { directly, terminalSession } from './terminal.mjs';

const INITIALIZE = { clientID: 'zed', clientName: 'Zed', adapterID: 'CodeLLDB', locale: 'en-US', pathFormat: 'path', linesStartAt1: true,
  columnsStartAt1: true, supportsVariableType: true, supportsVariablePaging: false, supportsRunInTerminalRequest: true,
  supportsMemoryReferences: true, supportsProgressReporting: false, supportsInvalidatedEvent: false, supportsMemoryEvent: false,
  supportsArgsCanBeInterpretedByShell: false, supportsStartDebuggingRequest: true };

async function start(dap, request, configuration, breakpoints = {}, filters) {
  dap.capabilities = await dap.request('initialize', INITIALIZE);
  const answered = dap.request(request, { request, name: 'Debug', cwd: process.cwd(), ...configuration });
  answered.catch(() => {});
  await dap.waitFor('initialized');
  const set = await Promise.all(Object.entries(breakpoints).map(([path, lines]) => dap.request('setBreakpoints', {
    source: { name: path.split('/').pop(), path }, breakpoints: lines.map((it) => (typeof it === 'number' ? { line: it } : it)),
    sourceModified: false })));
  const filterOptions = (filters ?? dap.defaultFilters()).map((filterId) => ({ filterId }));
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions });
  await Promise.all([answered, dap.request('configurationDone', {})]);
  return set.map((body) => body.breakpoints);
}

async function look(dap, { threadId }) {
  const [threads, { stackFrames }] = await Promise.all([dap.threads(), dap.request('stackTrace', { threadId }), dap.request('modules', {}),
    dap.request('loadedSources', {})]);
  assert.ok(threads.some(({ id }) => id === threadId));
  const frame = stackFrames.find((it) => it.source?.path) ?? stackFrames[0];
  const { scopes } = await dap.request('scopes', { frameId: frame.id });
  const shown = await Promise.all(scopes.filter((it) => !it.expensive).map(async (it) => [it.name, await dap.variables(it)]));
  return { frame, shown: Object.fromEntries(shown) };
}

session('zed: a breakpoint with a condition, a stop, modules and sources, a watch, steps, the end by terminate', async (dap) => {
  const inTwice = line('steps.c', 'in twice');
  const [set] = await start(dap, 'launch', { program: program('steps') },
    { [source('steps.c')]: [{ line: inTwice, condition: 'x == 21' }], [source('spins.c')]: [3] });
  assert.deepEqual(set.map((it) => [it.verified, it.line]), [[true, inTwice]]);
  const stop = await dap.stopped('breakpoint');
  const { frame, shown } = await look(dap, stop);
  assert.deepEqual([frame.name, frame.line, shown.Locals.x.value], ['twice', inTwice, '21']);
  assert.equal((await dap.evaluate('x + 1', frame.id, 'watch')).result, '22');
  assert.equal((await dap.evaluate('$rip == 0', frame.id, 'repl')).result, '0');
  await dap.request('next', { threadId: stop.threadId, granularity: 'line' });
  assert.equal((await look(dap, await dap.stopped('step'))).frame.line, inTwice + 1);
  await dap.request('stepIn', { threadId: stop.threadId, granularity: 'instruction' });
  await look(dap, await dap.stopped('step'));
  await dap.request('terminate', { restart: false });
  await dap.exited();
  await dap.tryRequest('disconnect', { terminateDebuggee: true, restart: false });
});

session('zed: single threads are not announced, so that it does not ask for them', async (dap) => {
  await start(dap, 'launch', { program: program('steps') });
  assert.notEqual(dap.capabilities.supportsSingleThreadExecutionRequests, true);
  assert.equal(await dap.exited(), 0);
});

session('zed: a filter without a condition stops at every call; "syscalls" at those of its rule', async (dap) => {
  await start(dap, 'launch', { program: program('makes_syscalls') }, {}, ['syscallReturn']);
  await look(dap, await dap.stopped());
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [] });
  await dap.request('ptdap/syscalls', { stop: 'openat if path("/etc/hostname")' });
  await dap.request('continue', { threadId: (await dap.threads())[0].id });
  const { shown } = await look(dap, await dap.stopped());
  assert.match(shown.Syscall.pathname.value, /\/etc\/hostname/);
});

session('zed: the pid of a configuration is a number; disconnect leaves the process running', async (dap) => {
  const it = await victim(program('runs_threads'), ['2']);
  try {
    await start(dap, 'attach', { pid: it.pid });
    await dap.request('pause', { threadId: it.pid });
    await look(dap, await dap.stopped('pause'));
    await dap.request('disconnect', { terminateDebuggee: false, restart: false });
    assert.equal(await it.ask('go on'), 'joined');
    assert.deepEqual(await it.ended, { code: 0, signal: null });
  } finally {
    it.kill();
  }
});

terminalSession('zed: the program in its terminal, told by the pid of the terminal\'s shell', async (dap) => {
  await start(dap, 'launch', { program: program('in_terminal'), console: 'integratedTerminal' });
  dap.terminal.type('exit 9\n');
  assert.equal(await dap.exited(), 9);
}, { open: directly, answer: { success: true, body: { shellProcessId: 1 } } });
