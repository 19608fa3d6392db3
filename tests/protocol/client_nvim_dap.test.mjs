// Neovim's nvim-dap, as its lua/dap/session.lua behaves: numbers from 0, the whole configuration as arguments, files side by side and then the
// filters, all frames at once, a second stop answered with `continue`, and no disconnect at the end.
import { assert, session, program, source, line } from './session.mjs';
import { directly, terminalSession } from './terminal.mjs';

const INITIALIZE = { clientID: 'neovim', clientName: 'neovim', adapterID: 'nvim-dap', pathFormat: 'path', columnsStartAt1: true, linesStartAt1: true,
  supportsRunInTerminalRequest: true, supportsVariableType: true, supportsProgressReporting: true, supportsStartDebuggingRequest: true,
  locale: 'en_US.UTF-8' };
const WARNS_MS = 4000;
const END_BY_CLOSING = { end: { isDisconnecting: false } };

// breakpoints: {path: [lines]}. The client knows more of a breakpoint than the protocol does, and sends that as well.
async function start(dap, request, configuration, breakpoints = {}, filters) {
  dap.countFrom(0);
  dap.capabilities = await dap.request('initialize', INITIALIZE);
  const answered = dap.tryRequest(request, { type: 'ptdap', request, name: 'Debug', ...configuration }, WARNS_MS);
  await dap.waitFor('initialized');
  const set = await Promise.all(Object.entries(breakpoints).map(([path, lines]) => dap.request('setBreakpoints', {
    source: { path, name: path.split('/').pop() }, sourceModified: false, lines,
    breakpoints: lines.map((it) => ({ line: it, buf: 3, state: { verified: false } })),
  })));
  await dap.request('setExceptionBreakpoints', { filters: filters ?? dap.defaultFilters() });
  await dap.request('configurationDone');
  const answer = await answered;
  assert.equal(answer.success, true, answer.message);
  return set.map((body) => body.breakpoints);
}

// What the windows show after a stop.
async function look(dap, stop) {
  assert.ok((await dap.threads()).some(({ id }) => id === stop.threadId));
  const frames = await dap.stack(stop.threadId);
  const frame = frames.find((it) => it.source?.path) ?? frames[0];
  const { scopes } = await dap.request('scopes', { frameId: frame.id });
  const shown = await Promise.all(scopes.filter((it) => !it.expensive).map(async (it) => [it.name, await dap.variables(it)]));
  return { frames, frame, scopes, shown: Object.fromEntries(shown) };
}

session('nvim-dap: breakpoints in two files, a stop, all frames and the cheap scopes, steps, the REPL, the end', async (dap) => {
  const inTwice = line('steps.c', 'in twice');
  const [set] = await start(dap, 'launch', { program: program('steps'), cwd: '/' },
    { [source('steps.c')]: [inTwice], [source('spins.c')]: [line('spins.c', 'turns')] });
  assert.deepEqual(set.map((it) => [it.verified, it.line]), [[true, inTwice]]);
  const stop = await dap.stopped('breakpoint');
  const { frame, frames, shown, scopes } = await look(dap, stop);
  assert.equal(frame.source.path, source('steps.c'));
  assert.equal(frame.line, inTwice);
  assert.ok(frames.length >= 2);
  assert.equal(shown.Arguments.x.value, '21');
  assert.ok(scopes.find((it) => it.name === 'Registers').expensive, 'else all registers are read at each stop');
  assert.equal((await dap.evaluate('x + 1', frame.id, 'repl')).result, '22');
  await dap.request('next', { threadId: stop.threadId, granularity: 'statement' });
  const step = await dap.stopped('step');
  assert.equal((await look(dap, step)).frame.line, inTwice + 1);
  await dap.request('continue', { threadId: stop.threadId });
  assert.equal(await dap.exited(), 0);
  dap.closeInput();   // `terminated` closes the session, and nothing is said any more
  await dap.ended;
}, END_BY_CLOSING);

session('nvim-dap: filters by name alone, and the stop that the attribute "syscalls" makes without any', async (dap) => {
  await start(dap, 'launch', { program: program('makes_syscalls'), syscalls: { stop: 'openat if path("/etc/hostname")' } }, {}, ['signal']);
  const stop = await dap.stopped();
  assert.match(stop.description, /openat/);
  const { shown } = await look(dap, stop);
  assert.match(JSON.stringify(shown.Syscall), /\/etc\/hostname/);
  await dap.request('continue', { threadId: stop.threadId });
  assert.equal(await dap.exited(), 0);
});

session('nvim-dap: continue names another thread than the one that stopped, and the program goes on all the same', async (dap) => {
  await start(dap, 'launch', { program: program('runs_threads'), args: ['3'], stdio: ['/dev/null', null] },
    { [source('runs_threads.c')]: [line('runs_threads.c', 'all started'), line('runs_threads.c', 'joined')] });
  const { threadId } = await dap.stopped('breakpoint');
  const other = (await dap.threads()).find(({ id }) => id !== threadId);
  await dap.request('continue', { threadId: other.id });   // its answer to a stop of `other` while it shows `threadId`
  const stop = await dap.stopped('breakpoint');
  assert.equal((await look(dap, stop)).frame.line, line('runs_threads.c', 'joined'));
});

session('nvim-dap: terminate, then the pipe is closed', async (dap) => {
  await start(dap, 'launch', { program: program('waits_for_signal') });
  await dap.outputContains('ready');
  await dap.request('terminate');
  dap.closeInput();
  await dap.ended;
}, END_BY_CLOSING);

session('nvim-dap: the editor is closed in the middle of a stop', async (dap) => {
  await start(dap, 'launch', { program: program('steps') }, { [source('steps.c')]: [line('steps.c', 'in twice')] });
  await look(dap, await dap.stopped('breakpoint'));
  dap.kill('SIGTERM');
  dap.closeInput();
  await dap.ended;
}, { end: null });

terminalSession('nvim-dap: the program in a terminal of the editor, which tells a pid that is not the program\'s', async (dap) => {
  await start(dap, 'launch', { program: program('in_terminal'), console: 'integratedTerminal' });
  assert.equal(dap.asked[0].kind, 'integrated');
  assert.ok(dap.asked[0].args.every((it) => typeof it === 'string'));
  dap.terminal.type('exit 3\n');
  assert.equal(await dap.exited(), 3);
}, { open: directly, answer: { success: true, body: { processId: 1 } } });
