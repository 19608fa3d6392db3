// System calls: caught, stepped to, changed, and seen in their view.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { lineIn } from './harness/marks.mjs';
import { scenarios } from './harness/scenarios.mjs';

const FILE = 'tally.c';
const line = (mark) => lineIn(`tally/${FILE}`, mark);

const stopBeforeOpening = (code) => code.workbench.runTo(FILE, line('opens'));

async function catchCalls({ workbench, workbench: { quickPick } }, ...names) {
  await workbench.command('ptdap: Catch Syscalls...');
  await quickPick.opened('Catch Syscalls');
  for (const name of names) {
    await quickPick.type(name);
    await quickPick.tick(name);
  }
  await quickPick.accept();
  await quickPick.closed();
}

scenarios('syscalls', { workspace: 'tally', prepare: (code) => code.compile('tally') }, (scenario) => {
  scenario('Catch Syscalls stops at a call, whose scope shows its arguments; it can be taken back', async (code, step) => {
    const { workbench, workbench: { debug, quickPick } } = code;
    await stopBeforeOpening(code);
    await workbench.command('ptdap: Catch Syscalls...');
    await quickPick.opened('Catch Syscalls: tally');
    await quickPick.type('openat');
    await quickPick.tick('openat');
    await step('choice');
    await quickPick.accept();
    await quickPick.closed();
    await workbench.key('F5');
    await debug.stack.stoppedAt(/openat/);
    await debug.showOnly('Variables', 'Call Stack');
    await debug.variables.expand('Syscall');
    await debug.variables.valueIs(/"words.txt"/, 'Syscall', 'pathname');
    await step('stopped');

    await workbench.command('ptdap: Catch Syscalls...');
    await quickPick.row('openat').waitFor();
    const rows = await quickPick.rows();
    assert(rows.some((row) => row.label === 'openat' && row.isTicked), `openat is not ticked: ${JSON.stringify(rows)}`);
    await step('ticked');
    await quickPick.tick('openat');
    await quickPick.accept();
    await quickPick.closed();
    await workbench.command('Remove All Breakpoints');
    await workbench.key('F5');
    await workbench.console.line('9 words');
    await debug.ended();
  });

  scenario('Step to Next Syscall goes from call to call, by button and by key', async (code, step) => {
    const { workbench, workbench: { debug } } = code;
    await stopBeforeOpening(code);
    await debug.press('Step to Next Syscall');
    await debug.showOnly('Variables', 'Call Stack');
    const phases = ['entry', 'return', 'entry', 'return'];
    for (const [i, phase] of phases.entries()) {
      await debug.variables.valueIs(new RegExp(`^${phase}$`), 'Syscall', 'phase');
      const name = await debug.variables.value('Syscall', 'name');
      await debug.stack.stoppedAt(new RegExp(`^${name}\\(.* — ${phase}$`));
      await step(phase);
      if (i < phases.length - 1) {
        await workbench.key('Shift+Alt+F11');
      }
    }
  });

  scenario('Inject Syscall Result makes the call at hand fail', async (code, step) => {
    const { workbench, workbench: { debug, quickPick } } = code;
    await stopBeforeOpening(code);
    await catchCalls(code, 'openat');
    await workbench.key('F5');
    await debug.stack.stoppedAt(/openat/);
    await workbench.command('ptdap: Inject Syscall Result...');
    await quickPick.choose('This Call: openat');
    await quickPick.opened('Inject Result: openat');
    await quickPick.type('ENOENT');
    await step('errors');
    await quickPick.choose('ENOENT');
    assert.match(await workbench.message(/openat/), /^This openat is not made; its result is .*ENOENT/);
    await step('injected');
    await catchCalls(code, 'openat');
    await workbench.key('F5');
    await workbench.console.line('words.txt: No such file or directory');
    await debug.ended();
    await step('failed');
  });

  scenario('Inject Syscall Result makes calls to come fail, and takes it back', async (code, step) => {
    const { workbench, workbench: { debug, quickPick } } = code;
    await stopBeforeOpening(code);
    await workbench.command('ptdap: Inject Syscall Result...');
    await quickPick.opened('Inject Syscall Result');
    await quickPick.type('write');
    await quickPick.tick('write');
    await step('calls');
    await quickPick.accept();
    await quickPick.choose('Fail');
    await quickPick.type('ENOSPC');
    await quickPick.choose('ENOSPC');
    await quickPick.choose('Each Call');
    const message = await workbench.message(/write/);
    await step('injected');
    assert.match(message, /ENOSPC/);
    await workbench.clickMessageButton('Undo');
    await workbench.command('Remove All Breakpoints');
    await workbench.key('F5');
    await workbench.console.line('9 words');
    await debug.ended();
  });

  scenario('the Syscalls view fills, filters, and opens the line that made a call', async (code, step) => {
    const { workbench, workbench: { syscalls, debug } } = code;
    await stopBeforeOpening(code);
    await syscalls.open();
    await step('not traced');
    await syscalls.trace('%nonsense');
    await syscalls.problemIs(/nonsense/);
    await step('a mistake in the rule');
    await syscalls.trace('');
    await syscalls.document.getByText('Traced; no call has returned yet.').waitFor();
    await workbench.command('Remove All Breakpoints');
    await workbench.key('F5');
    await debug.ended();
    await syscalls.row('exit_group').first().waitFor();
    await step('traced');
    const all = await syscalls.rows();
    const openat = all.find((row) => row.name === 'openat');
    assert.match(openat.arguments, /"words.txt"/);
    assert.match(openat.result, /^3<.*\/words.txt>$/);
    assert.match(await syscalls.status(), new RegExp(`^${all.length} calls$`));

    await syscalls.filter('words.txt');
    await syscalls.statusIs(new RegExp(`^\\d of ${all.length} calls$`));
    const some = await syscalls.rows();
    assert.deepEqual(some, all.filter((row) => /words\.txt/.test(row.arguments)));
    await step('filtered');

    await workbench.command('View: Close All Editors');
    await syscalls.row('openat').first().click();
    await workbench.tab(FILE).waitFor();
    await workbench.cursorIsAt(line('opens'));
    await step('source of a call');

    await syscalls.filter('');
    await syscalls.press('Summary');
    const rows = await syscalls.summary();
    await step('summary');
    assert.equal(rows.find(([name]) => name === 'read')[1], String(all.filter((row) => row.name === 'read').length));
    await syscalls.press('Summary');
    await syscalls.filter('no such thing');
    await syscalls.press('Clear Filter');
    await syscalls.statusIs(new RegExp(`^${all.length} calls$`));
  });

  scenario('the Syscalls view traces the next session from its start, by a rule, and shows failed calls alone', async (code, step) => {
    const { workbench, workbench: { syscalls, debug } } = code;
    fs.renameSync(code.file('words.txt'), code.file('kept.txt'));
    try {
      await syscalls.open();
      await syscalls.trace('%file');
      await workbench.key('F5');
      await syscalls.row(/words.txt.*ENOENT/).first().waitFor();
      await debug.ended();
      await step('by a rule');
      const rows = await syscalls.rows();
      assert.equal(rows[0].name, 'execve');
      assert(!rows.some((row) => row.name === 'brk'), 'brk takes no path');
      await syscalls.press('Errors');
      await syscalls.row('brk').first().waitFor({ state: 'hidden' });
      const failed = await syscalls.rows();
      await step('errors');
      assert(failed.length < rows.length);
      assert.match(failed.find((row) => /words.txt/.test(row.arguments)).result, /^ENOENT/);
      await syscalls.press('Errors');
    } finally {
      fs.renameSync(code.file('kept.txt'), code.file('words.txt'));
    }
    await workbench.command('ptdap: Stop Tracing Syscalls');
  });
});
