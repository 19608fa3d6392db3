// Programs in a terminal of the client: runInTerminal.
import { assert, at, program, session, source } from './session.mjs';
import { inShell, PROMPT, terminalSession } from './terminal.mjs';

const attributes = { program: program('in_terminal'), console: 'integratedTerminal' };
const GREETING = /tty 111, 24x80, foreground 1, no mark, (.*), (.*)\r\n/;

terminalSession('a program in a terminal: stdin, isatty, window size, exit code', async (dap) => {
  await dap.launch({ ...attributes, cwd: '/tmp' });
  assert.equal(dap.asked.length, 1);
  const { kind, title, cwd, args, ...rest } = dap.asked[0];
  assert.deepEqual([kind, title, cwd, rest], ['integrated', 'in_terminal', '/tmp', {}]);
  assert.equal(args[0], process.env.PTDAP);
  const [, where] = await dap.terminal.shows(GREETING);
  assert.equal(where, '/tmp');
  dap.terminal.type('hello\n');
  await dap.terminal.shows('got hello');
  dap.terminal.type('exit 7\n');
  assert.equal(await dap.exited(), 7);
  await dap.terminal.ended;
  assert.deepEqual(dap.terminal.exit, { code: 7, signal: 0 });
  assert.equal(dap.output('stdout') + dap.output('stderr') + dap.output('console'), '');
  assert.doesNotMatch(dap.terminal.text, /ptdap/);
});
