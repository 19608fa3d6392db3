// The pictures of the extension's README: PTDAP_SCREENSHOTS=vscode-ext/media/screenshots node --test tests/editors/screenshots.test.mjs
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { lineIn } from './harness/marks.mjs';
import { smaller } from './harness/palette_png.mjs';
import { scenarios } from './harness/scenarios.mjs';

const folder = process.env.PTDAP_SCREENSHOTS && path.resolve(process.env.PTDAP_SCREENSHOTS);
const skip = folder ? false : 'PTDAP_SCREENSHOTS names no folder';

const SIZE_MAX = 150_000;
const FILE = 'tally.c';
const line = (mark) => lineIn(`tally/${FILE}`, mark);
const settings = { 'editor.minimap.enabled': false, 'workbench.layoutControl.enabled': false };

async function keep(code, name) {
  const file = path.join(folder, `${name}.png`);
  await code.page.mouse.move(1000, 690);
  fs.mkdirSync(folder, { recursive: true });
  const png = await smaller(code.page, await code.page.screenshot());
  assert(png.length < SIZE_MAX, `${file}: ${png.length} bytes are too many for a README`);
  fs.writeFileSync(file, png);
}

const stopAt = (code, mark) => code.workbench.runTo(FILE, line(mark));

async function showLocalsAndRegisters(code) {
  const { debug, editor } = code.workbench;
  await stopAt(code, 'after bucket');
  await debug.press('Continue');
  await debug.showOnly('Variables');
  await debug.variables.expand('Locals');
  await debug.variables.valueIs(/^5$/, 'Locals', 'index');
  await debug.variables.expand('Registers', 'General');
  await debug.variables.row('Registers', 'General', 'r8');
  await editor.showsInLine(line('in count'), /index = 5/);
}

async function showTrace(code) {
  const { workbench, workbench: { debug, syscalls } } = code;
  await debug.setWidth(600);
  await stopAt(code, 'prints');
  await syscalls.open();
  await syscalls.trace('');
  await debug.press('Restart');
  await syscalls.row('openat').first().waitFor();
  await syscalls.row(/words.txt/).first().click();
  await workbench.cursorIsAt(line('opens'));
}

const open = { skip, workspace: 'tally', viewport: { width: 1280, height: 760 }, settings, prepare: (code) => code.compile('tally') };

scenarios('screenshots', open, (scenario) => {
  scenario('locals and registers', async (code) => {
    const { workbench } = code;
    await workbench.debug.setWidth(400);
    await showLocalsAndRegisters(code);
    await workbench.command('View: Toggle Panel Visibility');
    await keep(code, 'debugging-dark');
  });

  scenario('a stop at a system call', async (code) => {
    const { workbench, workbench: { debug, quickPick } } = code;
    await stopAt(code, 'opens');
    await workbench.command('ptdap: Catch Syscalls...');
    await quickPick.type('openat');
    await quickPick.tick('openat');
    await quickPick.accept();
    await quickPick.closed();
    await workbench.key('F5');
    await debug.stack.stoppedAt(/openat/);
    await debug.showOnly('Variables');
    await debug.variables.expand('Syscall', 'dirfd');
    await debug.variables.row('Syscall', 'flags');
    await keep(code, 'syscall-stop-dark');
    await workbench.command('ptdap: Catch Syscalls...');
    await quickPick.tick('openat');
    await quickPick.accept();
    await quickPick.closed();
  });

  scenario('the Syscalls view', async (code) => {
    await showTrace(code);
    await keep(code, 'syscalls-view-dark');
    await code.workbench.command('ptdap: Stop Tracing Syscalls');
  });

  scenario('the same in light', async (code) => {
    const { workbench, workbench: { debug, quickPick } } = code;
    await workbench.command('Preferences: Color Theme');
    await quickPick.type('Light Modern');
    await quickPick.choose('Light Modern');
    await quickPick.closed();
    await debug.setWidth(400);
    await showLocalsAndRegisters(code);
    await keep(code, 'debugging-light');
    await workbench.reset();
    await showTrace(code);
    await keep(code, 'syscalls-view-light');
    await workbench.command('ptdap: Stop Tracing Syscalls');
  });
});
