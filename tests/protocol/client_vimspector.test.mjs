// Vim's vimspector, as its debug_session.py, breakpoints.py, stack_trace.py and disassembly.py behave: all kinds of breakpoints at the same time
// (functions as well, none or some; instructions if the disassembly is open), threads when launch and configurationDone are both answered and at
// each stop, then the stack of the thread that stopped. At the end the adapter is killed as soon as `disconnect` is answered.
import fs from 'node:fs';
import { assert, assertNothingLeft, session, program, source, line, victim } from './session.mjs';
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
    dap.request('setExceptionBreakpoints', { filters: filters ?? dap.defaultFilters() }),
  ]);
  await Promise.all([dap.request('configurationDone'), answered]);
  await dap.threads();
  return set.map((body) => body.breakpoints);
}

// The stack, variables and watch windows after a stop. It goes to the first frame that has a text, or a file that can be opened, and unfolds
// the first scope that is not expensive.
async function look(dap, { threadId }, watches = []) {
  await dap.threads();
  const frames = await dap.stack(threadId);
  const frame = frames.find((it) => it.source?.sourceReference > 0 || fs.existsSync(it.source?.path ?? ''));
  const text = frame.source.sourceReference > 0 ?
    (await dap.request('source', { sourceReference: frame.source.sourceReference, source: frame.source })).content : undefined;
  const { scopes } = await dap.request('scopes', { frameId: frame.id });
  const [shown, results] = await Promise.all([
    dap.variables(scopes.find((it) => !it.expensive)),
    Promise.all(watches.map((expression) => dap.evaluate(expression, frame.id, 'watch'))),
  ]);
  return { frame, frames, text, scopes, shown, results: results.map((it) => it.result) };
}

// :VimspectorReset, :call vimspector#Stop()
async function reset(dap, given = {}) {
  await dap.request('disconnect', given);
  dap.kill('SIGKILL');
  await dap.ended;
  assertNothingLeft(dap);
}

session('vimspector: every kind of breakpoint at once, a stop, scopes, watches, steps, the end', async (dap) => {
  const inTwice = line('steps.c', 'in twice');
  const [set] = await start(dap, 'launch', { program: program('steps') }, { lines: { [source('steps.c')]: [inTwice] }, functions: ['factorial'] });
  assert.deepEqual(set.map((it) => [it.verified, it.line]), [[true, inTwice]]);
  const stop = await dap.stopped('breakpoint');
  const { frame, shown, results } = await look(dap, stop, ['x', '$rip']);
  assert.deepEqual([frame.line, shown.x.value, results[0]], [inTwice, '21', '21']);
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
  const { frame, frames, text, shown } = await look(dap, stop);
  assert.match(shown.pathname.value, /\/etc\/hostname/);
  assert.ok(text.includes(frame.name), 'the disassembly of the C library\'s function');
  const above = frames.find((it) => it.source?.path === source('makes_syscalls.c'));   // :call vimspector#UpFrame()
  assert.equal(above.line, line('makes_syscalls.c', 'opens'));
  await reset(dap);
}, { end: null });

session('vimspector: the disassembly around the frame, a breakpoint so many bytes behind it', async (dap) => {
  await start(dap, 'launch', { program: program('steps') }, { lines: { [source('steps.c')]: [line('steps.c', 'in twice')] } });
  const stop = await dap.stopped('breakpoint');
  const { frame } = await look(dap, stop);
  const height = 20;
  const { instructions } = await dap.request('disassemble', { memoryReference: frame.instructionPointerReference, offset: 0,
    instructionOffset: -height, instructionCount: 2 * height, resolveSymbols: true });
  assert.deepEqual([instructions.length, instructions[height].address], [2 * height, frame.instructionPointerReference]);
  const offset = Number(instructions[height + 2].address) - Number(instructions[height].address);
  const { breakpoints } = await dap.request('setInstructionBreakpoints', {
    breakpoints: [{ instructionReference: frame.instructionPointerReference, offset }] });
  assert.equal(breakpoints[0].verified, true, breakpoints[0].message);
  await dap.request('stepIn', { threadId: stop.threadId, granularity: 'instruction' });
  await look(dap, await dap.stopped('step'));
  await dap.request('continue', { threadId: stop.threadId });
  assert.equal((await look(dap, await dap.stopped('instruction breakpoint'))).frame.instructionPointerReference, instructions[height + 2].address);
  await reset(dap, { terminateDebuggee: true });
}, { end: null });

session('vimspector: the pid that was asked for comes as a string; the debuggee lives on after the end', async (dap) => {
  const it = await victim(program('runs_threads'), ['2']);
  try {
    await start(dap, 'attach', { pid: String(it.pid) });
    await dap.request('pause', { threadId: it.pid });
    await look(dap, await dap.stopped('pause'));
    await reset(dap);
    assert.equal(await it.ask('go on'), 'joined');
    assert.deepEqual(await it.ended, { code: 0, signal: null });
  } finally {
    it.kill();
  }
}, { end: null });

terminalSession('vimspector: the program in a terminal of Vim', async (dap) => {
  await start(dap, 'launch', { program: program('in_terminal'), console: 'integratedTerminal' });
  dap.terminal.type('exit 4\n');
  assert.equal(await dap.exited(), 4);
}, { open: directly, answer: { success: true, body: { processId: 1 } } });
