// The life of sessions: attached, several, restarted, stopped, in a terminal, and cut short.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { isAlive, victim } from '../protocol/session.mjs';
import { lineIn } from './harness/marks.mjs';
import { scenarios } from './harness/scenarios.mjs';

const line = (file, mark) => lineIn(`sessions/${file}`, mark);

async function prepare(code) {
  code.compile('echo');
  code.compile('spin');
}

// The pid of the one debuggee of a name.
function pidOf(code, name) {
  const found = code.debuggees().filter((p) => p.name === name);
  assert.equal(found.length, 1, `one process ${name}: ${JSON.stringify(found)}`);
  return found[0].pid;
}

scenarios('sessions', { workspace: 'sessions', prepare }, (scenario) => {
  scenario('the process picker attaches to a running program and lets it go', async (code, step) => {
    const { workbench, workbench: { quickPick, editor, debug } } = code;
    const echo = await victim(code.file('echo'), []);
    try {
      await workbench.openFile('echo.c');
      await editor.setBreakpoint(line('echo.c', 'in count'));
      await debug.start('attach');
      await quickPick.opened('Attach to Process');
      await quickPick.type(String(echo.pid));   // newer processes of this machine may fill the list that is in sight
      await quickPick.row('echo').waitFor();
      await quickPick.type('sessions-no-such-process');
      await quickPick.row('echo').waitFor({ state: 'hidden' });
      await quickPick.type(String(echo.pid));
      await quickPick.row('echo').waitFor();
      await step('processes');
      const row = (await quickPick.rows()).find((r) => r.label === 'echo');
      assert.match(row.description, new RegExp(`^${echo.pid} +\\S+$`));
      assert.equal(row.detail, code.file('echo'));
      await quickPick.choose('echo');
      await debug.started();
      const answer = echo.ask('hello');
      await editor.standsAt('echo.c', line('echo.c', 'in count'));
      await step('stopped');
      await debug.press('Disconnect');
      await debug.ended();
      assert.equal(await answer, 'line 1');
      assert.equal(await echo.ask('again'), 'line 2');
    } finally {
      echo.kill();
      await echo.ended;
    }
  });

  scenario('two sessions of a compound run side by side and end together', async (code, step) => {
    const { workbench, workbench: { debug, editor } } = code;
    await workbench.openFile('spin.c');
    await editor.setBreakpoint(line('spin.c', 'counts rounds'));
    await debug.start('both');
    await debug.stack.rowWith(/Paused/i, 'state', 'spin');
    await debug.stack.rowWith(/Paused/i, 'state', 'echo');
    await step('two sessions');
    await debug.stack.click('echo');
    await debug.press('Stop');
    await debug.ended();
  });

  scenario('Run Without Debugging passes breakpoints and shows what is printed', async (code, step) => {
    const { workbench, workbench: { debug, editor } } = code;
    await workbench.openFile('echo.c');
    await editor.setBreakpoint(line('echo.c', 'says ready'));
    await debug.choose('echo');
    await workbench.key('Control+F5');
    await workbench.console.line('ready');
    await debug.ended();
    await step('ran');
  });

  scenario('Restart starts the program anew, Stop ends it', async (code, step) => {
    const { workbench, workbench: { debug, editor } } = code;
    await workbench.openFile('spin.c');
    await editor.setBreakpoint(line('spin.c', 'counts rounds'));
    await debug.start('spin');
    await editor.standsAt('spin.c', line('spin.c', 'counts rounds'));
    const first = pidOf(code, 'spin');
    await debug.showOnly('Variables');
    await debug.press('Continue');
    await debug.variables.expand('Locals');
    await debug.variables.valueIs(/^1$/, 'Locals', 'rounds');
    await debug.press('Restart');
    await debug.variables.valueIs(/^0$/, 'Locals', 'rounds');
    const second = pidOf(code, 'spin');
    assert.notEqual(second, first);
    assert(!isAlive(first));
    await step('restarted');
    await debug.press('Stop');
    await debug.ended();
    code.assertNoDebuggee();
  });

  scenario('a running program is paused', async (code, step) => {
    const { debug } = code.workbench;
    await debug.start('spin');
    await code.workbench.console.line('spinning');
    await debug.press('Pause');
    await debug.stopped();
    await debug.stack.row('main');
    await step('paused');
  });

  scenario('a program in the integrated terminal reads what is typed there', async (code, step) => {
    const { workbench, workbench: { debug, editor, terminal } } = code;
    await workbench.openFile('echo.c');
    await editor.setBreakpoint(line('echo.c', 'in count'));
    await debug.start('echo in a terminal');
    await terminal.shows(/ready/);
    await terminal.type('typed\n');
    await editor.standsAt('echo.c', line('echo.c', 'in count'));
    await step('stopped');
    await workbench.command('Remove All Breakpoints');
    await workbench.key('F5');
    await terminal.shows(/line 1/);
    await step('answered');
    await terminal.press('Control+KeyC');
    await terminal.shows(/interrupted/);
    assert(await debug.button('Pause').isVisible(), 'a signal that is handled does not stop the program');

    // Job control is the shell's.
    await terminal.press('Control+KeyZ');
    await terminal.shows(/Stopped/);
    await terminal.type('fg\n');
    await terminal.type('again\n');
    await terminal.shows(/line 2/);
    await step('in the foreground again');
    await terminal.press('Control+KeyD');
    await debug.ended();
  });

  scenario('^C in the integrated terminal stops a program that it would end, unless signals are not to stop it', async (code, step) => {
    const { debug, terminal } = code.workbench;
    await debug.start('spin in a terminal');
    await terminal.shows(/spinning/);
    await terminal.press('Control+KeyC');
    await debug.stack.stoppedAt(/SIGINT/);
    await step('stopped');
    await debug.press('Continue');   // F5 may be the program's while the terminal has the focus
    await debug.ended();
    await terminal.type('echo "status $?"\n');
    await terminal.shows(/status 130/);

    await debug.start('spin in a terminal');
    await debug.button('Pause').waitFor();
    await debug.showOnly('Breakpoints');
    await debug.tickFilter('Signals', false);
    await terminal.shows(/status 130[^]*spinning/);
    await terminal.press('Control+KeyC');
    await debug.ended();
    await step('ended');
    await debug.tickFilter('Signals', true);
  });

  scenario('a preLaunchTask builds the program first', async (code, step) => {
    const { debug, editor } = code.workbench;
    assert(!fs.existsSync(code.file('built')));
    await debug.start('built by a task');
    await debug.stopped();
    await debug.stack.row('main');
    await step('stopped');
    assert.equal((await editor.yellowLine()).file, 'echo.c');
  });

  scenario('an adapter that is killed is told of, and its program goes with it', async (code, step) => {
    const { workbench, workbench: { debug, editor } } = code;
    await workbench.openFile('spin.c');
    await editor.setBreakpoint(line('spin.c', 'counts rounds'));
    await debug.start('spin');
    await editor.standsAt('spin.c', line('spin.c', 'counts rounds'));
    const [adapter] = code.adapters();
    process.kill(adapter, 'SIGKILL');
    const message = await workbench.message(/adapter/i);
    await step('killed');
    assert.equal(message, 'The debug adapter of "spin" ended unexpectedly (killed by a signal).');
    await debug.ended();
    code.assertNoDebuggee();
  });

  scenario('a program that is not there is told of, with the way to mend it', async (code, step) => {
    const { workbench, workbench: { debug } } = code;
    await debug.start('nowhere');
    assert.equal(await workbench.message(/does not exist/),
      `The program ${code.file('nowhere')} does not exist. Build it first, or correct "program" in the configuration.`);
    await step('message');
    await workbench.clickMessageButton('Open launch.json');
    await workbench.tab('launch.json').waitFor();
  });

  scenario('a wrong ptdap.path is told of, with a button that opens the setting', async (code, step) => {
    const { debug } = code.workbench;
    fs.writeFileSync(code.file('.vscode/settings.json'), '{ "ptdap.path": "${workspaceFolder}/no/ptdap" }\n');
    await code.reload();
    await code.workbench.debug.start('spin');
    assert.equal(await code.workbench.message(/debug adapter/), `The debug adapter ${code.file('no/ptdap')} does not exist. ` +
      'Correct the setting ptdap.path, or clear it to use the adapter inside the extension.');
    await step('message');
    await code.workbench.clickMessageButton('Open Setting');
    await code.page.locator('.settings-editor .setting-item-contents').first().waitFor();
    await step('setting');
    fs.rmSync(code.file('.vscode/settings.json'));
    await code.reload();
  });
});
