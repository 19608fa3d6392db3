// System calls: caught, stepped to, changed, and seen in their view.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { lineIn } from './harness/marks.mjs';
import { scenarios } from './harness/scenarios.mjs';

const FILE = 'tally.c';
const line = (mark, file = FILE) => lineIn(`tally/${file}`, mark);

// F5 starts what was started last, if nothing is chosen.
const chooseTally = (code) => code.workbench.debug.choose('tally');

async function stopBeforeOpening(code) {
  await chooseTally(code);
  await code.workbench.runTo(FILE, line('opens'));
}

// Ticks calls, or unticks those that are ticked.
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

// Into calls to come, each of them; `choose` answers what is asked of the kind.
async function inject({ workbench, workbench: { quickPick } }, name, kind, choose) {
  await workbench.command('ptdap: Inject Syscall Result...');
  await quickPick.opened('Inject Syscall Result');
  if (await quickPick.title() === 'Inject Syscall Result' && await quickPick.placeholder() === 'Into which call') {
    await quickPick.choose('Calls to Come…');
  }
  await quickPick.type(name);
  await quickPick.tick(name);
  await quickPick.accept();
  await quickPick.choose(kind);
  await choose();
  await quickPick.choose('Each Call');
}

// Saves what the Syscalls view shows, and gives its lines.
async function save({ workbench, workbench: { syscalls, quickPick } }, file) {
  fs.rmSync(file, { force: true });   // of a try before this one: VS Code would ask
  await syscalls.titleButton('Save Syscalls...');
  await quickPick.answerFile('Save System Calls', file);
  await workbench.message(new RegExp(`^Saved [\\d,]+ lines to .*${path.basename(file)}`));   // not that of a file before, which may still go
  await workbench.closeMessages();
  return fs.readFileSync(file, 'utf8').trimEnd().split('\n');
}

function prepare(code) {
  code.compile('tally');
  code.compile('calls');
}

scenarios('syscalls', { workspace: 'tally', prepare }, (scenario) => {
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

  scenario('Catch Syscalls stops a running program at calls and groups, without stopping it before', async (code, step) => {
    const { workbench, workbench: { debug, editor, quickPick } } = code;
    await debug.start('calls');
    await debug.button('Pause').waitFor();
    await workbench.command('ptdap: Catch Syscalls...');
    await quickPick.opened('Catch Syscalls: calls');
    await quickPick.type('getpp');
    await quickPick.tick('getppid');
    await step('choice');
    assert(await debug.button('Pause').isVisible(), 'the program runs while calls are chosen');
    await quickPick.accept();
    await debug.showOnly('Call Stack');
    await debug.stack.stoppedAt(/^getppid\(\) — entry$/);
    await editor.standsAt('calls.c', line('asks', 'calls.c'));
    await step('stopped');

    await workbench.command('ptdap: Catch Syscalls...');
    await quickPick.opened('Catch Syscalls: calls');
    assert.deepEqual((await quickPick.rows()).filter((row) => row.isTicked).map((row) => row.label), ['getppid']);
    await quickPick.tick('getppid');
    await quickPick.type('%desc');
    await step('search');
    await quickPick.tick('%desc');
    await quickPick.accept();
    await quickPick.closed();
    await workbench.key('F5');
    await debug.stack.stoppedAt(/^read\(.*, 1\) — entry$/);
    await editor.standsAt('calls.c', line('reads', 'calls.c'));
    await catchCalls(code, '%desc');
    await workbench.key('F5');
    await debug.button('Pause').waitFor();
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

  scenario('Inject Syscall Result gives calls another value, a delay and a signal', async (code, step) => {
    const { workbench, workbench: { debug, quickPick, syscalls } } = code;
    await debug.start('calls');
    await debug.button('Pause').waitFor();
    await syscalls.open();
    await syscalls.trace('getppid,read');
    await inject(code, 'read', 'Delay the Call', () => quickPick.answer('Inject Syscall Result', '30ms'));
    assert.equal(await workbench.message(/read/), 'Each call of read is delayed by 30ms before it is made.');
    await syscalls.row(/DELAYED/).first().waitFor();
    await inject(code, 'getppid', 'Return a Value', async () => {
      await quickPick.opened('Inject Syscall Result');
      await quickPick.type('many');
      await step('not a number');
      await quickPick.answer('Inject Syscall Result', '4321');
    });
    assert.equal(await workbench.message(/getppid/), 'Each call of getppid returns 4321 and is not made.');
    await syscalls.row(/getppid.*4321/).first().waitFor();
    await step('delayed, and another value');
    await inject(code, 'getppid', 'Send a Signal', async () => {
      await quickPick.type('SIGUSR1');
      await quickPick.choose('SIGUSR1');
    });
    assert.equal(await workbench.message(/SIGUSR1/), 'Each call of getppid comes with SIGUSR1.');
    await debug.showOnly('Call Stack');
    await debug.stack.stoppedAt(/SIGUSR1/);
    await step('a signal');
    await workbench.command('ptdap: Inject Syscall Result...');
    await quickPick.choose('Remove Injections…');
    await quickPick.opened('Injections');
    assert.deepEqual(await quickPick.labels(), ['read:delay_enter=30ms', 'getppid:retval=4321', 'getppid:signal=SIGUSR1']);
    await workbench.key('Escape');
    await workbench.command('ptdap: Stop Tracing Syscalls');
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
      await chooseTally(code);
      if (!await debug.hasSection('Syscalls')) {   // in a window that has seen no session
        await workbench.command('ptdap: Start Tracing Syscalls');
      }
      await syscalls.open();
      await syscalls.trace('%fil');   // no session is there to be asked
      await syscalls.problemIs(/'%fil'.*did you mean '%file'/);
      await syscalls.trace('%file');
      await workbench.key('F5');
      await syscalls.row(/words.txt.*ENOENT/).first().waitFor();
      await debug.ended();
      await step('by a rule');
      const rows = await syscalls.rows();
      assert.equal(rows[0].name, 'execve');
      assert(!rows.some((row) => row.name === 'brk'), 'brk takes no path');
      await syscalls.press('Errors');
      await syscalls.row('execve').first().waitFor({ state: 'hidden' });
      const failed = await syscalls.rows();
      await step('errors');
      assert(failed.length < rows.length);
      assert.match(failed.find((row) => /words.txt/.test(row.arguments)).result, /^ENOENT/);
      const strace = await save(code, code.temporary('saved.strace'));
      assert.equal(strace.length, failed.length);
      assert.match(strace.find((text) => /words/.test(text)), /^\d+ \d\d:\d\d:\d\d\.\d{6} openat\(AT_FDCWD.*, "words.txt", O_RDONLY\) = -1 ENOENT \(.*\) <\d\.\d{6}>$/);
      await syscalls.press('Errors');
      await syscalls.statusIs(new RegExp(`^${rows.length} calls$`));
      const json = (await save(code, code.temporary('saved.jsonl'))).map((text) => JSON.parse(text));
      assert.deepEqual(json.map((call) => call.syscall), rows.map((row) => row.name));
      const opened = json.find((call) => call.arguments.some(({ text }) => text === '"words.txt"'));
      assert.deepEqual([opened.source, opened.line, opened.errno], [code.file(FILE), line('opens'), 'ENOENT']);
    } finally {
      fs.renameSync(code.file('kept.txt'), code.file('words.txt'));
    }
    await workbench.command('ptdap: Stop Tracing Syscalls');
  });

  scenario('the Syscalls view keeps the last calls of a program that makes them without end, and answers meanwhile', async (code, step) => {
    const { workbench, workbench: { debug, syscalls } } = code;
    await debug.start('calls');
    await debug.button('Pause').waitFor();
    await syscalls.open();
    await syscalls.trace('getppid,read');
    await syscalls.statusIs(/^[\d,]+ calls; the last 50,000 are kept$/);
    await step('full');
    const { rows, elements } = await syscalls.size();
    assert(rows <= 50_000 && elements < 200, `${rows} rows, ${elements} elements`);
    await syscalls.filter('getppid');
    await syscalls.statusIs(/^[\d,]+ of [\d,]+ calls$/);
    await syscalls.row('read').first().waitFor({ state: 'hidden' });

    await syscalls.titleButton('Pause the Syscalls View');
    await syscalls.statusIs(/; paused, [1-9][\d,]* more since$/);
    const before = await syscalls.rows();
    const status = await syscalls.status();
    await step('paused');
    await syscalls.document.locator('.status').filter({ hasNotText: status }).waitFor();
    assert.deepEqual(await syscalls.rows(), before);
    await syscalls.row('getppid').last().click();
    await workbench.tab('calls.c').waitFor();
    await workbench.cursorIsAt(line('asks', 'calls.c'));
    await step('source of a call');

    await syscalls.titleButton('Resume the Syscalls View');
    await syscalls.statusIs(/^[\d,]+ of [\d,]+ calls$/);
    await syscalls.filter('');
    await syscalls.titleButton('Stop Tracing Syscalls');
    await debug.sectionHasButton('Syscalls', 'Start Tracing Syscalls');   // what was on its way is there
    await syscalls.titleButton('Clear the Syscalls View');
    await syscalls.document.getByText('System calls are not traced.').waitFor();
    assert.equal(await syscalls.status(), '');
  });
});
