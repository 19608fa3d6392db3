// The daily work: breakpoints, steps, looking and changing.
import assert from 'node:assert/strict';
import { lineIn } from './harness/marks.mjs';
import { scenarios } from './harness/scenarios.mjs';

const FILE = 'tally.c';
const line = (mark) => lineIn(`tally/${FILE}`, mark);

const stopAt = (code, mark) => code.workbench.runTo(FILE, line(mark));

scenarios('debugging', { workspace: 'tally', prepare: (code) => code.compile('tally') }, (scenario) => {
  scenario('a breakpoint in the margin is hit after F5; call stack and locals are shown', async (code, step) => {
    const { debug, editor } = code.workbench;
    await stopAt(code, 'after bucket');
    await debug.showOnly('Variables', 'Call Stack');
    await debug.stack.rowWith(new RegExp(`^${line('counts')}:`), 'line', 'main');
    await debug.variables.expand('Locals');
    await debug.variables.valueIs(/^3$/, 'Locals', 'index');
    await debug.variables.valueIs(/"the"$/, 'Locals', 'word');
    await debug.variables.expand('Locals', 'tally');
    await debug.variables.valueIs(/"words.txt"$/, 'Locals', 'tally', 'path');
    await step('stopped');

    await debug.stack.click('main');
    await debug.showOnly('Variables');
    await debug.variables.expand('Locals', 'tally', 'by_length');
    assert.equal((await debug.variables.children('Locals', 'tally', 'by_length')).length, 8);
    await step('frame of main');

    await debug.press('Continue');
    await debug.variables.valueIs(/^5$/, 'Locals', 'index');
    await editor.standsAt(FILE, line('after bucket'));
    await step('second hit');
  });

  scenario('steps go over, into and out of a function', async (code, step) => {
    const { workbench, workbench: { editor } } = code;
    await stopAt(code, 'in count');
    await workbench.key('F11');
    await editor.standsAt(FILE, line('in bucket'));
    await step('into');
    await workbench.key('Shift+F11');
    await editor.standsAt(FILE, line('in count'));
    await step('out');
    await workbench.key('F10');
    await editor.standsAt(FILE, line('after bucket'));
    await step('over');
  });

  scenario('registers are read from the tree; one is changed and read back', async (code, step) => {
    const { debug } = code.workbench;
    await stopAt(code, 'after bucket');
    await debug.showOnly('Variables');
    await debug.variables.expand('Registers', 'General');
    const rip = await debug.variables.value('Registers', 'General', 'rip');
    assert.match(rip, /^0x[0-9a-f]+ <count\+\d+>$/);
    await step('general registers');

    await debug.variables.edit('0x1234', 'Registers', 'General', 'r12');
    await debug.variables.valueIs(/^0x0*1234$/, 'Registers', 'General', 'r12');
    await step('edited');
    assert.match(await code.workbench.console.evaluate('$r12 + 1'), /4661|0x1235/);
    await step('read back');
  });

  scenario('a local is changed, and the program goes on with the new value', async (code, step) => {
    const { debug, editor } = code.workbench;
    await stopAt(code, 'after bucket');
    await debug.showOnly('Variables');
    await debug.variables.expand('Locals');
    await debug.variables.edit('7', 'Locals', 'index');
    await debug.variables.valueIs(/^7$/, 'Locals', 'index');
    await debug.variables.expand('Locals', 'tally', 'by_length');
    await code.workbench.key('F10');
    await editor.standsAt(FILE, line('after bucket') + 1);
    await debug.variables.valueIs(/^1$/, 'Locals', 'tally', 'by_length', '[7]');
    await step('counted as 7');
  });

  scenario('a value that cannot be taken is refused with the reason', async (code, step) => {
    const { debug, debug: { variables } } = code.workbench;
    await stopAt(code, 'after bucket');
    await debug.showOnly('Variables');
    await variables.expand('Locals');
    assert.match(await variables.editInVain('no_such_name', 'Locals', 'index'), /no_such_name/);
    await step('refused');
    await code.workbench.key('Escape');
    await variables.boxIsClosed();
    await variables.valueIs(/^3$/, 'Locals', 'index');
  });

  scenario('a hover shows a value, a watch follows it', async (code, step) => {
    const { debug, editor } = code.workbench;
    await stopAt(code, 'after bucket');
    await debug.showOnly('Watch', 'Call Stack');
    await debug.addWatch('tally->by_length[index]');
    await debug.addWatch('index * 2,x');
    await debug.watches.valueIs(/^0$/, 'tally->by_length[index]');
    await debug.watches.valueIs(/^0x6$/, 'index * 2,x');
    assert.match(await editor.hover(line('after bucket'), 'index'), /^3$/);
    await step('hover');
    await editor.leaveHover();
    await code.workbench.key('F10');
    await debug.watches.valueIs(/^1$/, 'tally->by_length[index]');
    await step('watch');
  });

  scenario('the Debug Console evaluates, and shows what the program prints', async (code, step) => {
    const { workbench, workbench: { debug, console } } = code;
    await stopAt(code, 'after bucket');
    assert.equal(await console.evaluate('index + 1'), '4');
    assert.match(await console.evaluate('word'), /"the"/);
    assert.match(await console.evaluate('nothing_of_that_name'), /nothing_of_that_name/);
    await step('evaluated');
    await workbench.command('Remove All Breakpoints');
    await workbench.key('F5');
    await console.line('9 words');
    await debug.ended();
    await step('ended');
  });
});
