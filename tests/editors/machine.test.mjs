// Below the source: instructions, memory, and how numbers are written.
import assert from 'node:assert/strict';
import { lineIn } from './harness/marks.mjs';
import { scenarios } from './harness/scenarios.mjs';

const FILE = 'tally.c';
const line = (mark) => lineIn(`tally/${FILE}`, mark);
const hex = (text) => [...Buffer.from(text)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');

const stopAt = (code, mark) => code.workbench.runTo(FILE, line(mark));

scenarios('machine', { workspace: 'tally', extensions: ['hexeditor'], prepare: (code) => code.compile('tally') }, (scenario) => {
  scenario('the Disassembly view opens with the program counter in its middle, steps by instruction and has breakpoints', async (code, step) => {
    const { workbench, workbench: { debug, disassembly } } = code;
    await stopAt(code, 'in count');
    const first = await disassembly.open();
    const rows = await disassembly.rows();
    const at = rows.findIndex(({ isCurrent }) => isCurrent);
    await step('opened');
    assert.equal(first.source.replace(/\s+/g, ' '), `${line('in count')}: int index = bucket(word); // in count`);
    assert(at > rows.length / 4 && at < rows.length * 3 / 4, `row ${at} of ${rows.length} is the current one`);
    assert(rows.every(({ bytes }) => bytes !== 'cc'), 'a breakpoint of ours shows in the bytes');
    await debug.showOnly('Variables');
    await debug.variables.expand('Registers', 'General');
    await debug.variables.valueIs(new RegExp(`^${first.address} `), 'Registers', 'General', 'rip');

    await disassembly.focus();
    await workbench.key('F10');
    const second = await disassembly.current({ after: first.address });
    assert.equal(second.address, rows[at + 1].address);
    await step('one instruction');

    const call = rows.find(({ instruction }, i) => i > at && /^call /.test(instruction));
    const behind = rows[rows.indexOf(call) + 1];
    await disassembly.setBreakpoint(behind.address);
    await step('breakpoint');
    await workbench.key('F5');
    assert.equal((await disassembly.current({ after: second.address })).address, behind.address);
    await step('breakpoint hit');
  });

  scenario('binary data is shown, and follows the program', async (code, step) => {
    const { workbench, workbench: { debug, editor } } = code;
    await stopAt(code, 'after bucket');
    await debug.variables.press('View Binary Data', 'Locals', 'word');
    const bytes = code.page.frameLocator('iframe.webview').frameLocator('#active-frame').locator('#bytes');
    await bytes.filter({ hasText: new RegExp(`^${hex('the\0')}`) }).waitFor();
    await step('the');
    await debug.press('Continue');
    await bytes.filter({ hasText: new RegExp(`^${hex('quick\0')}`) }).waitFor();
    await editor.standsAt(FILE, line('after bucket'));
    await step('quick');
    await debug.variables.expand('Locals');
    await workbench.console.evaluate('word[0] = 0x51');
    await bytes.filter({ hasText: new RegExp(`^${hex('Quick\0')}`) }).waitFor();
    await step('written');
  });

  scenario('numbers turn hexadecimal for the session and for one variable, and stay so', async (code, step) => {
    const { workbench, workbench: { debug } } = code;
    await stopAt(code, 'after bucket');
    await debug.showOnly('Variables');
    await debug.variables.expand('Locals');
    await debug.variables.valueIs(/^3$/, 'Locals', 'index');
    await debug.sectionButton('Variables', 'Show Numbers in Hexadecimal');
    await debug.variables.valueIs(/^0x3$/, 'Locals', 'index');
    await step('hexadecimal');
    await debug.press('Continue');
    await debug.variables.valueIs(/^0x5$/, 'Locals', 'index');
    await debug.sectionButton('Variables', 'Show Numbers in Decimal');
    await debug.variables.valueIs(/^5$/, 'Locals', 'index');
    await debug.variables.menu('Toggle Hexadecimal', 'Locals', 'index');
    await debug.variables.valueIs(/^0x5$/, 'Locals', 'index');
    await debug.variables.expand('Locals', 'tally');
    await debug.variables.valueIs(/^1$/, 'Locals', 'tally', 'words');
    await step('one variable');
    await workbench.command('ptdap: Toggle Hexadecimal Numbers');
    await debug.variables.valueIs(/^0x1$/, 'Locals', 'tally', 'words');
  });

  scenario('values stand behind the lines that use them', async (code, step) => {
    const { workbench, workbench: { editor } } = code;
    await stopAt(code, 'in bucket');
    await editor.showsInLine(line('in bucket') - 2, /word = 0x[0-9a-f]+ "the"/);
    await workbench.key('F10');
    await editor.standsAt(FILE, line('in bucket') + 1);
    await editor.showsInLine(line('in bucket'), /length = 3/);
    await step('values');
  });
});
