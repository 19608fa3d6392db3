// Helix, as its helix-dap/src/client.rs, helix-view/src/handlers/dap.rs and helix-term/src/commands/dap.rs behave: numbers from 0,
// `arguments: null`, one file after the other, no filters, the stack of every thread at every stop, `disconnect` on `terminated`. An
// answer of which it expects nothing must have no body, and an event or answer whose members are not of the type it knows is dropped.
import { assert, session, program, source, line, victim } from './session.mjs';
import { Terminal, terminalSession } from './terminal.mjs';

const INITIALIZE = { clientID: 'hx', clientName: 'helix', adapterID: 'ptdap', locale: 'en-us', linesStartAt1: true, columnsStartAt1: true,
  pathFormat: 'path', supportsVariableType: true, supportsVariablePaging: false, supportsRunInTerminalRequest: true,
  supportsMemoryReferences: false, supportsProgressReporting: false, supportsInvalidatedEvent: false };

// A request whose answer it reads as nothing at all: {} would be an error there.
async function command(dap, name, args) {
  const answer = await dap.tryRequest(name, args);
  assert.equal(answer.success, true, answer.message);
  assert.equal(answer.body ?? null, null, `the answer to ${name} has a body`);
}

async function start(dap, request, template, breakpoints = {}) {
  dap.countFrom(0);
  dap.capabilities = await dap.request('initialize', INITIALIZE);
  const answered = dap.request(request, { ...template, cwd: process.cwd() });
  answered.catch(() => {});
  await dap.waitFor('initialized');
  const set = [];
  for (const [path, lines] of Object.entries(breakpoints)) {
    const { breakpoints: answers } = await dap.request('setBreakpoints', {
      source: { path }, breakpoints: lines.map((it) => ({ line: it })), sourceModified: false });
    set.push(...answers);
  }
  await command(dap, 'configurationDone', null);
  await answered;
  return set;
}

// Every number of a frame must fit what it is read into: not negative, no fraction.
async function look(dap, { threadId, allThreadsStopped }) {
  assert.equal(allThreadsStopped, true, 'else it looks at one thread alone');
  const { threads } = await dap.request('threads', null);
  const stacks = new Map();
  for (const { id } of threads) {
    const { stackFrames } = await dap.request('stackTrace', { threadId: id });
    for (const frame of stackFrames) {
      const numbers = [frame.id, frame.line, frame.column, frame.endLine ?? 0, frame.endColumn ?? 0];
      assert.ok(numbers.every((it) => Number.isInteger(it) && it >= 0));
    }
    stacks.set(id, stackFrames);
  }
  return stacks.get(threadId);
}

session('helix: breakpoints in two files, all stacks, scopes, an expression, steps, the end', async (dap) => {
  const inTwice = line('steps.c', 'in twice');
  const set = await start(dap, 'launch', { program: program('steps') }, { [source('steps.c')]: [inTwice], [source('spins.c')]: [3] });
  assert.deepEqual([set[0].verified, set[0].line], [true, inTwice]);
  assert.ok(set.every((it) => Number.isInteger(it.line ?? 0)), 'a breakpoint without a line goes to the top of the file');
  const stop = await dap.stopped('breakpoint');
  const [frame] = await look(dap, stop);
  assert.deepEqual([frame.name, frame.line, frame.source.path], ['twice', inTwice, source('steps.c')]);
  const { scopes } = await dap.request('scopes', { frameId: frame.id });
  assert.ok(scopes.every((it) => typeof it.expensive === 'boolean'));
  const shown = [];
  for (const scope of scopes) {
    shown.push(...(await dap.children(scope)).map((it) => [it.name, it.value]));
  }
  assert.ok(shown.some(([name, value]) => name === 'x' && value === '21'));
  assert.equal((await dap.evaluate('x + 1', frame.id, null)).result, '22');
  await command(dap, 'next', { threadId: stop.threadId });
  assert.equal((await look(dap, await dap.stopped('step')))[0].line, inTwice + 1);
  await command(dap, 'stepOut', { threadId: stop.threadId });
  assert.equal((await look(dap, await dap.stopped('step')))[0].name, 'main');
  await dap.request('continue', { threadId: stop.threadId });
  assert.equal(await dap.exited(), 0);
  await dap.tryRequest('disconnect', { restart: false });
});

session('helix: the stacks of all threads', async (dap) => {
  await start(dap, 'launch', { program: program('runs_threads'), args: ['6'] },
    { [source('runs_threads.c')]: [line('runs_threads.c', 'all started')] });
  const stop = await dap.stopped('breakpoint');
  assert.equal((await look(dap, stop))[0].name, 'main');
});

session('helix: a restart sends what was launched where its arguments belong in a member', async (dap) => {
  const configuration = { program: program('steps'), cwd: process.cwd() };
  await start(dap, 'launch', configuration, { [source('steps.c')]: [line('steps.c', 'in twice')] });
  const { threadId } = await dap.stopped('breakpoint');
  await command(dap, 'restart', configuration);
  const again = await dap.stopped('breakpoint');
  assert.notEqual(again.threadId, threadId);
  assert.equal((await look(dap, again))[0].name, 'twice');
  // It stays with the thread and the frame that it has chosen until it is told that they are gone.
  const told = dap.events.filter(({ event }) => ['continued', 'stopped'].includes(event)).map(({ event, body }) => [event, body.threadId]);
  assert.deepEqual(told, [['stopped', threadId], ['continued', threadId], ['stopped', again.threadId]]);
});

session('helix: attach with a pid from a prompt, pause, look, leave it running', async (dap) => {
  const it = await victim(program('runs_threads'), ['2']);
  try {
    await start(dap, 'attach', { pid: it.pid });
    await command(dap, 'pause', { threadId: it.pid });
    assert.ok((await look(dap, await dap.stopped('pause'))).length > 0);
    await dap.request('disconnect', null);
    assert.equal(await it.ask('go on'), 'joined');
    assert.deepEqual(await it.ended, { code: 0, signal: null });
  } finally {
    it.kill();
  }
});

// The terminal program gets all words in one, and takes it to a shell: docs/editors.md.
const asOneWord = (dap, args) => new Terminal(['sh', '-c', args.args.join(' ')], { mark: dap.mark });

terminalSession('helix: the words of the command arrive as one, the directory and the environment not at all', async (dap) => {
  await start(dap, 'launch', { program: program('in_terminal'), args: ["two  blanks and a 'quote'"], console: 'integratedTerminal' });
  assert.equal(typeof dap.asked[0].cwd, 'string');
  await dap.terminal.shows("two  blanks and a 'quote'");
  dap.terminal.type('exit 8\n');
  assert.equal(await dap.exited(), 8);
}, { open: asOneWord, answer: { success: true, body: { processId: 1 } } });
