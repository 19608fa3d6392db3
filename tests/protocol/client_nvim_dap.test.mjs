// Neovim's nvim-dap: what its log showed in Neovim 0.10.4 (docs/testing.md). The whole configuration as arguments, files side by side and then
// the filters, threads only if it does not know the one that stopped, all frames at once, a second stop answered with `continue`, and at the
// end no disconnect: the pipe is closed and SIGINT sent.
import { assert, session, program, source, line, victim } from './session.mjs';
import { directly, terminalSession } from './terminal.mjs';

const INITIALIZE = { clientID: 'neovim', clientName: 'neovim', adapterID: 'nvim-dap', pathFormat: 'path', columnsStartAt1: true, linesStartAt1: true,
  supportsRunInTerminalRequest: true, supportsVariableType: true, supportsProgressReporting: true, supportsStartDebuggingRequest: true,
  locale: 'en_US.UTF-8' };
const END_BY_CLOSING = { end: { isDisconnecting: false } };

const withType = (request, configuration) => ({ type: 'ptdap', request, name: 'Debug', ...configuration });

// breakpoints: {path: [line | breakpoint]}.
async function start(dap, request, configuration, breakpoints = {}, filters) {
  dap.capabilities = await dap.request('initialize', INITIALIZE);
  const answered = dap.tryRequest(request, withType(request, configuration));
  await dap.waitFor('initialized');
  const set = await Promise.all(Object.entries(breakpoints).map(([path, list]) => {
    const sent = list.map((it) => (typeof it === 'number' ? { line: it } : it));
    return dap.request('setBreakpoints', {
      source: { path, name: path.split('/').pop() }, sourceModified: false, lines: sent.map((it) => it.line), breakpoints: sent });
  }));
  await dap.request('setExceptionBreakpoints', { filters: filters ?? dap.defaultFilters() });
  await dap.request('configurationDone');
  const answer = await answered;
  assert.equal(answer.success, true, answer.message);
  return set.map((body) => body.breakpoints);
}

// What the windows show after a stop. It goes to the first frame that has a source of any kind, whatever presentationHint says.
async function look(dap, stop) {
  if (!dap.knownThreads?.has(stop.threadId)) {
    dap.knownThreads = new Set((await dap.threads()).map(({ id }) => id));
    assert.ok(dap.knownThreads.has(stop.threadId));
  }
  const frames = await dap.stack(stop.threadId, { startFrame: 0 });
  const frame = frames.find((it) => it.source) ?? frames[0];
  const text = frame.source?.sourceReference ?
    (await dap.request('source', { source: frame.source, sourceReference: frame.source.sourceReference })).content : undefined;
  const { scopes } = await dap.request('scopes', { frameId: frame.id });
  const shown = await Promise.all(scopes.filter((it) => !it.expensive).map(async (it) => [it.name, await dap.variables(it)]));
  return { frames, frame, text, scopes, shown: Object.fromEntries(shown) };
}

// dap.continue(), dap.step_over()...: all of them with a granularity.
const go = (dap, command, threadId) => dap.request(command, { threadId, granularity: 'statement' });

// What it does after `terminate` or `disconnect` is answered, or `terminated` has come.
async function close(dap) {
  dap.closeInput();
  dap.kill('SIGINT');
  await dap.ended;
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
  assert.equal(shown.Locals.x.value, '21');
  assert.ok(scopes.find((it) => it.name === 'Registers').expensive, 'else all registers are read at each stop');
  assert.equal((await dap.evaluate('x + 1', frame.id, 'repl')).result, '22');
  await go(dap, 'next', stop.threadId);
  const step = await dap.stopped('step');
  assert.equal((await look(dap, step)).frame.line, inTwice + 1);
  await go(dap, 'continue', stop.threadId);
  assert.equal(await dap.exited(), 0);
  await close(dap);
}, END_BY_CLOSING);

session('nvim-dap: versions before 0.9 count from 0 and send what they know of a breakpoint', async (dap) => {
  dap.countFrom(0);
  const inTwice = line('steps.c', 'in twice');
  await start(dap, 'launch', { program: program('steps') }, { [source('steps.c')]: [{ line: inTwice, buf: 3, state: { verified: false } }] });
  assert.equal((await look(dap, await dap.stopped('breakpoint'))).frame.line, inTwice);
});

// Its window of the scopes reads one after the other, and waits for ever for the children of one that has none.
session('nvim-dap: no scope that is expensive is empty', async (dap) => {
  await start(dap, 'launch', { program: program('exits_with_code') }, { [source('exits_with_code.c')]: [line('exits_with_code.c', 'returns')] });
  const { scopes } = await look(dap, await dap.stopped('breakpoint'));
  for (const scope of scopes.filter((it) => it.expensive)) {
    assert.ok((await dap.children(scope)).length > 0, scope.name);
  }
  assert.ok(scopes.some((it) => it.name === 'Registers'));
});

// It forgets a stop when the thread is told to go, or when `continued` tells it; the end of the thread is not enough. As long as it remembers
// one, it answers any other with `continue`.
session('nvim-dap: a restart at a stop ends that stop; what the configuration says by then is launched', async (dap) => {
  await start(dap, 'launch', { program: program('steps') }, { [source('steps.c')]: [line('steps.c', 'in twice')] });
  const { threadId } = await dap.stopped('breakpoint');
  await dap.request('restart', withType('launch', { program: program('exits_with_code'), args: ['6'] }));
  assert.equal(await dap.exited(), 6);
  const continued = dap.events.findIndex((it) => it.event === 'continued' && it.body.threadId === threadId);
  assert.ok(continued >= 0 && continued < dap.events.findIndex((it) => it.event === 'thread' && it.body.reason === 'exited'));
  await close(dap);
}, END_BY_CLOSING);

session('nvim-dap: a restart of a program that runs', async (dap) => {
  await start(dap, 'launch', { program: program('waits_for_signal') });
  await dap.outputContains('ready');
  await dap.request('restart', withType('launch', { program: program('exits_with_code'), args: ['6'] }));
  assert.equal(await dap.exited(), 6);
  assert.ok(!dap.has('continued'));
});

session('nvim-dap: filters by name alone, and the stop that the attribute "syscalls" makes without any', async (dap) => {
  await start(dap, 'launch', { program: program('makes_syscalls'), syscalls: { stop: 'openat if path("/etc/hostname")' } }, {}, ['signal']);
  const stop = await dap.stopped();
  assert.match(stop.description, /openat/);
  const { shown } = await look(dap, stop);
  assert.match(JSON.stringify(shown.Syscall), /\/etc\/hostname/);
  await go(dap, 'continue', stop.threadId);
  assert.equal(await dap.exited(), 0);
});

session('nvim-dap: a frame whose file has a relative path is shown as disassembly, unless it is mapped', async (dap) => {
  const configuration = { program: program('steps-relative'), syscalls: { stop: 'write' } };
  await start(dap, 'launch', configuration);
  const { frames, frame, text } = await look(dap, await dap.stopped());
  assert.ok(text.includes(frame.name), 'that of write()');
  const main = frames.find((it) => it.name === 'main');
  assert.deepEqual([main.source.path, main.source.origin], [undefined, 'disassembly']);
  const { path } = (await dap.request('loadedSources')).sources.find((it) => it.name === 'steps.c');
  assert.ok(path.endsWith(source('steps.c')) && !path.startsWith('/'), path);
  await dap.request('restart', withType('launch', { ...configuration, sourceMap: { [path.slice(0, -source('steps.c').length)]: '/' } }));
  const mapped = (await look(dap, await dap.stopped())).frames.find((it) => it.name === 'main');
  assert.deepEqual([mapped.source.path, mapped.line], [source('steps.c'), line('steps.c', 'after loop')]);
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
  await dap.request('terminate', {});
  await close(dap);
}, END_BY_CLOSING);

session('nvim-dap: disconnect, or the editor closed, lets an attached process live', async (dap) => {
  const it = await victim(program('runs_threads'), ['2']);
  try {
    await start(dap, 'attach', { pid: it.pid });   // pick_process() gives a number
    await dap.request('pause', { threadId: it.pid });
    await look(dap, await dap.stopped('pause'));
    await dap.request('disconnect', { restart: false, terminateDebuggee: false });
    await close(dap);
    assert.equal(await it.ask('go on'), 'joined');
    assert.deepEqual(await it.ended, { code: 0, signal: null });
  } finally {
    it.kill();
  }
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
