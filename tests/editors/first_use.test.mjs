// A folder without a launch.json: install, F5.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { lineIn } from './harness/marks.mjs';
import { scenarios } from './harness/scenarios.mjs';

const line = (mark, file) => lineIn(`plain/${file}`, mark);

scenarios('first_use', { workspace: 'plain' }, (scenario) => {
  scenario('F5 in a folder without any program says what to do, and types it', async (code, step) => {
    const { workbench } = code;
    await workbench.openFile('greet.c');
    await workbench.key('F5');
    assert.equal(await workbench.message(/There is no executable/),
      'There is no executable in plain. Build your program with debug information first, for example: gcc -g -o greet greet.c');
    await step('message');
    await workbench.clickMessageButton('Type It in a Terminal');
    await workbench.terminal.shows(/gcc -g -o greet greet\.c/);
    await step('typed');
    await workbench.terminal.type(' && echo "status $?"\n');
    await workbench.terminal.shows(/status 0/);
    await workbench.key('F5');
    await workbench.editor.standsAt('greet.c', line('first in greet', 'greet.c'));
    await step('stopped in main');
    assert(fs.existsSync(code.file('greet')));
  });

  scenario('F5 offers the programs of the folder, stops at main and remembers the choice', async (code, step) => {
    const { workbench, workbench: { quickPick } } = code;
    code.compile('greet');
    code.compile('leave');
    await workbench.openFile('leave.c');
    await workbench.key('F5');
    await quickPick.opened('Program to Debug');
    await quickPick.row('leave').waitFor();
    await step('programs');
    const rows = await quickPick.rows();
    assert.deepEqual(rows.map((row) => row.label).sort(), ['Browse...', 'greet', 'leave']);
    await quickPick.choose('leave');
    await workbench.editor.standsAt('leave.c', line('first in leave', 'leave.c'));
    await step('stopped in main');
    await workbench.debug.stopAll();

    await workbench.key('F5');
    await workbench.editor.standsAt('leave.c', line('first in leave', 'leave.c'));
    await workbench.debug.stopAll();

    await workbench.command('ptdap: Select Program to Debug...');
    await quickPick.choose('greet');
    await quickPick.closed();
    await workbench.key('F5');
    await workbench.editor.standsAt('greet.c', line('first in greet', 'greet.c'));
    await step('the other one');
  });
});
