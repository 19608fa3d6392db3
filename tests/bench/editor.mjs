// F5 to the yellow line in a real VS Code, ptdap against lldb-dap: the same window, program and breakpoint, alternating; medians.
// editor.mjs [--quick] [--json FILE]     env: LLDB_DAP, PTDAP_VSIX (by default what script/package made)
//
// What a person waits for on the screen is VS Code's own for the most part; the adapter's share is what VS Code waits for it, from `launch` to
// the last `variables` (../editors/extensions/bench).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { lineIn } from '../editors/harness/marks.mjs';
import { VSCode, VSIX } from '../editors/harness/vscode.mjs';

const ROUNDS = process.argv.includes('--quick') ? 2 : 15;
const REACH = { ratio: 3, activationMs: 50, packageMiB: 4 };
const FILE = 'tally.c';
const LINE = lineIn(`tally/${FILE}`, 'in count');

const which = (name) => spawnSync('which', [name]).stdout.toString().trim() || undefined;
const peer = process.env.LLDB_DAP ?? which('lldb-dap-19') ?? which('lldb-dap');
assert(peer, 'no lldb-dap: run script/bootstrap --bench');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ptdap-bench-'));
const times = path.join(folder, 'times.jsonl');
const types = ['ptdap', 'lldb-dap'];

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
};

async function session(code, type) {
  const { debug, editor } = code.workbench;
  await code.workbench.until('the scopes of the session before to go', (rows) => (document.querySelector(rows) ? undefined : true), debug.variables.rowSelector);
  await debug.choose(type);
  await code.page.evaluate(([file, line]) => window.seen.timeToYellow(file, line), [FILE, LINE]);
  await code.workbench.key('F5');
  await editor.standsAt(FILE, LINE);
  await debug.stopped();
  await debug.variables.children('Locals');   // VS Code opens this scope by itself; it is answered when its rows are there
  await debug.stopAll();
  return code.page.evaluate(() => window.seen.timeToYellow.ms);
}

// VS Code's own figure, from its list of running extensions.
async function activation(code) {
  await code.workbench.command('Developer: Show Running Extensions');
  const row = code.page.locator('.runtime-extensions-editor .extension, .runtime-extensions-editor .monaco-list-row').filter({ hasText: 'ptdap' }).first();
  const text = await row.locator('.activation-time').innerText();
  return Number(/(\d+)ms/.exec(text)[1]);
}

async function measure() {
  const code = await VSCode.start({
    workspace: 'tally', artefacts: path.join(folder, 'artefacts'), extensions: ['bench'], isTraced: false,
    settings: { 'debug.inlineValues': 'off' }, env: { PTDAP_BENCH_PEER: peer, PTDAP_BENCH_TIMES: times }, isLogged: false,
  });
  const onScreen = Object.fromEntries(types.map((type) => [type, []]));
  try {
    code.compile('tally');
    const configurations = types.map((type) => ({ type, name: type, request: 'launch', program: '${workspaceFolder}/tally', cwd: '${workspaceFolder}' }));
    fs.writeFileSync(code.file('.vscode/launch.json'), JSON.stringify({ version: '0.2.0', configurations }));
    await code.reload();
    await code.workbench.openFile(FILE);
    await code.workbench.editor.setBreakpoint(LINE);
    // The first session of each type activates its extension and reads the program into the page cache: not counted.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const type of types) {
        const ms = await session(code, type);
        if (round > 0) {
          onScreen[type].push(ms);
        }
      }
    }
    return { onScreen, activationMs: await activation(code) };
  } catch (error) {
    await code.screenshot('failed');
    error.message += ` (${folder}/artefacts)`;
    throw error;
  } finally {
    await code.end();
  }
}

const { onScreen, activationMs } = await measure();
const sessions = fs.readFileSync(times, 'utf8').trim().split('\n').map((text) => JSON.parse(text));
const timesOf = (name) => Object.fromEntries(types.map((type) => [type, sessions.filter((one) => one.type === type).slice(1).map((one) => one[name])]));
const span = timesOf('span');
const waiting = timesOf('waiting');
fs.rmSync(folder, { recursive: true, force: true });

const rows = Object.entries({ 'F5 to the yellow line': onScreen, 'launch to the last variables': span, 'of it, waiting for the adapter': waiting }).map(([name, figures]) => {
  const [ours, theirs] = types.map((type) => median(figures[type]));
  return { name, ptdapMs: ours, lldbMs: theirs, ratio: theirs / ours };
});
const packageMiB = fs.statSync(VSIX).size / 2 ** 20;
const verdict = (isReached) => (isReached ? 'reached' : 'MISSED');

console.log(`| in VS Code, ${ROUNDS} rounds | ptdap | lldb-dap | ratio |\n|---|---|---|---|`);
for (const { name, ptdapMs, lldbMs, ratio } of rows) {
  console.log(`| ${name} | ${ptdapMs.toFixed(1)} ms | ${lldbMs.toFixed(1)} ms | ${ratio.toFixed(1)}x |`);
}
const isReached = [rows[2].ratio >= REACH.ratio, activationMs < REACH.activationMs, packageMiB < REACH.packageMiB];
console.log(`\nadapter ${rows[2].ratio.toFixed(1)}x (at least ${REACH.ratio}x): ${verdict(isReached[0])}`);
console.log(`activation ${activationMs} ms (below ${REACH.activationMs} ms): ${verdict(isReached[1])}`);
console.log(`package ${packageMiB.toFixed(2)} MiB (below ${REACH.packageMiB} MiB): ${verdict(isReached[2])}`);
const json = process.argv.indexOf('--json');
if (json > 0) {
  fs.writeFileSync(path.resolve(process.env.BENCH_CWD ?? '.', process.argv[json + 1]), JSON.stringify({ rows, activationMs, packageMiB }, null, 2));
}
process.exitCode = isReached.every(Boolean) ? 0 : 1;
