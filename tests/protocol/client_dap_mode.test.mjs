// Emacs' dap-mode, as dap-mode.el (0.7) behaves. It says it is VS Code, sends files that have lost all their
// breakpoints, filters only if there are breakpoints, `threads` for each thread event, evaluates as a hover, and joins the words of a terminal command.
import { assert, session, program, source, line } from './session.mjs';
import { SHELL, PROMPT, Terminal, terminalSession } from './terminal.mjs';

const INITIALIZE = { clientID: 'vscode', clientName: 'Visual Studio Code', adapterID: 'ptdap', pathFormat: 'path', linesStartAt1: true,
  columnsStartAt1: true, supportsVariableType: true, supportsVariablePaging: true, supportsRunInTerminalRequest: true, locale: 'en-us' };

async function start(dap, configuration, lines = {}) {
  dap.capabilities = await dap.request('initialize', INITIALIZE);
  const answered = dap.request('launch', { type: 'ptdap', request: 'launch', name: 'ptdap: launch', ...configuration });
  answered.catch(() => {});
  await dap.waitFor('initialized');
  const files = Object.entries(lines);
  await Promise.all(files.map(([path, list]) => dap.request('setBreakpoints', { source: { name: path.split('/').pop(), path },
    breakpoints: list.map((it) => ({ line: it })), sourceModified: false, lines: list })));
  if (files.length) {
    await dap.request('setExceptionBreakpoints', { filters: dap.defaultFilters() });
  }
  await dap.request('configurationDone');
  await answered;
}

session('dap-mode: a stop, the stack, the scopes, an evaluation as a hover, steps, the end', async (dap) => {
  const inTwice = line('steps.c', 'in twice');
  await start(dap, { program: program('steps') }, { [source('steps.c')]: [inTwice], [source('spins.c')]: [] });
  await dap.waitFor('thread');
  await dap.request('threads');
  const { threadId } = await dap.stopped('breakpoint');
  const [frame] = await dap.stack(threadId);
  assert.deepEqual([frame.name, frame.line, frame.source.path], ['twice', inTwice, source('steps.c')]);
  const { scopes } = await dap.request('scopes', { frameId: frame.id });
  const shown = await Promise.all(scopes.map((it) => dap.variables(it)));   // the locals window reads what is unfolded: at worst all
  assert.ok(shown.some((it) => it.x?.value === '21'));
  assert.equal((await dap.evaluate('x', frame.id, 'hover')).result, '21');
  await dap.request('next', { threadId });
  assert.equal((await dap.stack((await dap.stopped('step')).threadId))[0].line, inTwice + 1);
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
});

session('dap-mode: nothing is configured, so that configurationDone comes at once', async (dap) => {
  await start(dap, { program: program('steps') });
  assert.equal(await dap.exited(), 0);
});

session('dap-mode: disconnect {restart: false} ends the program', async (dap) => {
  await start(dap, { program: program('waits_for_signal') });
  await dap.outputContains('ready');
  await dap.request('disconnect', { restart: false });
});

// dap-internal-terminal: the words, joined by blanks, go to a shell; the answer has no body.
function joined(dap, args) {
  const terminal = new Terminal(SHELL, { mark: dap.mark, cwd: args.cwd });
  terminal.shows(PROMPT).then(() => terminal.type(`${args.args.join(' ')}\n`), () => {});
  return terminal;
}

terminalSession('dap-mode: words that are not quoted, and an answer without a body', async (dap) => {
  await start(dap, { program: program('in_terminal'), args: ["two  blanks and a 'quote'"], console: 'integratedTerminal' });
  await dap.terminal.shows("two  blanks and a 'quote'");
  dap.terminal.type('exit 5\n');
  assert.equal(await dap.exited(), 5);
}, { open: joined, answer: { success: true } });

session('dap-mode: no thread event comes on disconnect: it would ask for the threads of an adapter that is gone', async (dap) => {
  await start(dap, { program: program('steps') }, { [source('steps.c')]: [line('steps.c', 'in twice')] });
  await dap.stopped('breakpoint');
  await dap.request('disconnect', { restart: false });
  await dap.ended;
  assert.ok(!dap.has('thread', (body) => body.reason === 'exited'), 'told how a thread ended');
});
