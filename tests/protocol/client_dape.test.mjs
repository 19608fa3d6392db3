// Emacs' dape, as dape.el behaves: one request after the other (filters, files, configurationDone), nil as false, one frame at a stop and more as
// the stack is unfolded, all cheap scopes, `terminate` on `terminated`.
import { assert, session, program, PROGRAMS, source, line } from './session.mjs';
import { directly, terminalSession } from './terminal.mjs';

const INITIALIZE = { clientID: 'dape', adapterID: 'ptdap', pathFormat: 'path', linesStartAt1: true, columnsStartAt1: true,
  supportsRunInTerminalRequest: true, supportsArgsCanBeInterpretedByShell: true, supportsProgressReporting: true, supportsStartDebuggingRequest: true };
const END_BY_CLOSING = { end: { isDisconnecting: false } };

async function start(dap, configuration, lines = {}, filters) {
  dap.capabilities = await dap.request('initialize', INITIALIZE);
  const answered = dap.request('launch', { type: 'ptdap', request: 'launch', ...configuration });
  answered.catch(() => {});
  await dap.waitFor('initialized');
  await dap.request('setExceptionBreakpoints', { filters: filters ?? dap.defaultFilters() });
  for (const [path, list] of Object.entries(lines)) {
    await dap.request('setBreakpoints', { source: { path }, breakpoints: list.map((it) => (typeof it === 'number' ? { line: it } : it)),
      lines: list.map((it) => it.line ?? it) });
  }
  if (dap.capabilities.supportsDataBreakpoints) {
    await dap.request('setDataBreakpoints', { breakpoints: [] });
  }
  await dap.request('configurationDone');
  await answered;
}

session('dape: a stop told by its breakpoint, one frame, more frames, scopes one after the other, the end by terminate', async (dap) => {
  const inTwice = line('steps.c', 'in twice');
  await start(dap, { program: program('steps'), args: [], stopOnEntry: false }, { [source('steps.c')]: [{ line: inTwice, condition: 'x == 21' }] });
  const { threadId, allThreadsStopped, hitBreakpointIds } = await dap.stopped('breakpoint');
  assert.equal(allThreadsStopped, true);
  assert.equal(hitBreakpointIds.length, 1, 'it counts the hits');
  await dap.threads();
  const first = await dap.request('stackTrace', { threadId, startFrame: 0, levels: 1 });
  assert.equal(first.stackFrames.length, 1);
  const rest = await dap.request('stackTrace', { threadId, startFrame: 1, levels: 20 });
  assert.ok(rest.stackFrames.length >= 1);
  const { scopes } = await dap.request('scopes', { frameId: first.stackFrames[0].id });
  for (const scope of scopes.filter((it) => !it.expensive)) {
    await dap.children(scope);
  }
  assert.equal((await dap.evaluate('x', first.stackFrames[0].id, 'repl')).result, '21');
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
  // Whatever the answer is, it must be one: the session hangs for ten seconds otherwise.
  await dap.tryRequest('terminate');
  dap.closeInput();
  await dap.ended;
}, END_BY_CLOSING);

session('dape: the program of its configurations is a.out in the directory of the project', async (dap) => {
  await start(dap, { program: 'exits_with_code', cwd: PROGRAMS, args: ['5'] });
  assert.equal(await dap.exited(), 5);
});

session('dape: an evaluation while the program runs has no frame', async (dap) => {
  await start(dap, { program: program('waits_for_signal') });
  await dap.outputContains('ready');
  const answer = await dap.tryRequest('evaluate', { expression: '1 + 1', context: 'repl' });
  assert.ok(answer.success ? answer.body.result === '2' : answer.message.length > 0);
  await dap.request('terminate');
  assert.equal(await dap.exited(), 7);
});

session('dape: a restart in the middle of a stop', async (dap) => {
  await start(dap, { program: program('steps') }, { [source('steps.c')]: [line('steps.c', 'in twice')] });
  await dap.stopped('breakpoint');
  await dap.request('restart');
  const { threadId } = await dap.stopped('breakpoint');
  assert.equal((await dap.top(threadId)).name, 'twice');
});

session('dape: after a restart it pauses the thread that was told of last before', async (dap) => {
  await start(dap, { program: program('waits_for_signal') });
  await dap.outputContains('ready');
  const [{ id }] = await dap.threads();
  await dap.request('pause', { threadId: id });
  await dap.stopped('pause');
  await dap.request('restart');
  await dap.waitFor('thread', ({ reason, threadId }) => reason === 'started' && threadId !== id);
  await dap.until('the other one is ready', () => dap.output('stdout').split('ready').length === 3);
  await dap.request('pause', { threadId: id });
  const { threadId } = await dap.stopped('pause');
  assert.notEqual(threadId, id);
  assert.ok((await dap.stack(threadId)).length > 0);
});

terminalSession('dape: the program in its shell buffer', async (dap) => {
  await start(dap, { program: program('in_terminal'), console: 'integratedTerminal' });
  dap.terminal.type('exit 6\n');
  assert.equal(await dap.exited(), 6);
}, { open: directly, answer: { success: true, body: { processId: 1 } } });
