// Kate's debugger plugin in a real Kate on a screen in memory, driven and read through the accessibility bus. Each scenario is a function of
// scenarios.py, in a Kate, an X server and a session bus of its own with a fresh home, and what docs/editors.md gives for Kate is its dap.json.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertNothingLeft, marked, program, source, temporaryFolder, victim } from '../../protocol/session.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const docs = path.resolve(here, '../../../docs/editors.md');
const PROGRAMS = ['steps', 'makes_syscalls', 'waits_for_signal'];

function documentedSettings() {
  const section = fs.readFileSync(docs, 'utf8').split(/^## /m).find((it) => it.startsWith('Kate'));
  const block = section?.match(/^```json\n([^]*?)^```$/m)?.[1];
  assert.ok(block, 'docs/editors.md has settings for Kate');
  return block;
}

// What "Settings > Configure Kate... > Plugins" keeps: GDB ticked, and nothing that asks or searches.
const SESSION = `[Kate Plugins]
kategdbplugin=true
${['cmaketools', 'externaltools', 'katebuild', 'katefilebrowser', 'katefiletree', 'katekonsole', 'kateproject', 'katesearch', 'katesnippets', 'lspclient',
    'tabswitcher'].map((it) => `${it}plugin=false`).join('\n')}
`;

// A home with the documented dap.json, a project with programs and their sources, and ptdap in PATH.
function prepare() {
  const root = fs.realpathSync(temporaryFolder());
  const [home, runtime, project, bin, temporary] = ['home', 'runtime', 'project', 'bin', 'tmp'].map((name) => path.join(root, name));
  [home, runtime, project, bin, temporary].forEach((it) => fs.mkdirSync(it, { mode: 0o700 }));
  const write = (file, text) => {
    fs.mkdirSync(path.dirname(path.join(home, file)), { recursive: true });
    fs.writeFileSync(path.join(home, file), text);
  };
  write('.config/kate/gdbplugin/dap.json', documentedSettings());
  write('.local/share/kate/sessions/debugging.katesession', SESSION);
  for (const name of PROGRAMS) {
    fs.copyFileSync(source(`${name}.c`), path.join(project, `${name}.c`));
    execFileSync('gcc', ['-g', '-O0', '-o', name, `${name}.c`], { cwd: project });
  }
  fs.symlinkSync(process.env.PTDAP, path.join(bin, 'ptdap'));
  return { home, project, environment: {
    HOME: home, XDG_CONFIG_HOME: `${home}/.config`, XDG_DATA_HOME: `${home}/.local/share`, XDG_CACHE_HOME: `${home}/.cache`, XDG_RUNTIME_DIR: runtime,
    TMPDIR: temporary, PATH: `${bin}:${process.env.PATH}`, PROJECT: project, LC_ALL: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1',
    QT_LINUX_ACCESSIBILITY_ALWAYS_ON: '1',
    DBUS_SESSION_BUS_ADDRESS: undefined, AT_SPI_BUS_ADDRESS: undefined, WAYLAND_DISPLAY: undefined, QT_QPA_PLATFORM: 'xcb' } };
}

function ended(child) {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
}

// An X server that chooses its number and says so when it can be connected to. It would start anew, deaf for a moment, whenever its last client leaves.
async function xServer(env) {
  const child = spawn(process.env.XVFB ?? 'Xvfb', ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp', '-noreset'],
    { env, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => { said += chunk; });
  const end = ended(child);
  const display = await new Promise((resolve, reject) => {
    let number = '';
    child.stdio[3].on('data', (chunk) => {
      number += chunk;
      if (number.endsWith('\n')) {
        resolve(`:${number.trim()}`);
      }
    });
    end.then(() => reject(new Error(`no X server: ${said}`)), reject);
  });
  return { display, stop: () => { child.kill(); return end; } };
}

async function kate(scenario, variables = {}) {
  const { project, environment } = prepare();
  const it = { mark: randomUUID() };
  const env = { ...process.env, ...environment, PTDAP_TEST_MARK: it.mark, ...variables };
  let said = '';
  try {
    const screen = await xServer(env);
    const child = spawn('dbus-run-session', ['--', process.env.PYTHON3 ?? '/usr/bin/python3', path.join(here, 'scenarios.py'), scenario],
      { cwd: project, stdio: ['ignore', 'pipe', 'pipe'], env: { ...env, DISPLAY: screen.display } });
    child.stdout.on('data', (chunk) => { said += chunk; });
    child.stderr.on('data', (chunk) => { said += chunk; });
    const end = await ended(child);
    await screen.stop();
    said.match(/^once more for: .*$/gm)?.forEach((it) => console.log(`${scenario}: ${it}`));
    assert.deepEqual(end, { code: 0, signal: null }, said);
    assertNothingLeft(it);
  } finally {
    marked(it).forEach((pid) => process.kill(pid, 'SIGKILL'));
  }
}

const scenario = (name, run) => test(name, { timeout: 600000 }, run);

scenario('launch: a breakpoint, the stack, symbols, expressions, steps, the output, the end', () => kate('launch'));

scenario('a condition of a breakpoint', () => kate('condition'));

scenario('the attribute syscalls stops at a call, which is shown, and the program\'s frame is reached', () => kate('syscalls'));

scenario('stop while the program is stopped; the next start; Kate quits while debugging', () => kate('stop'));

scenario('stop while the program runs', () => kate('stop_running'));

scenario('attach by pid, pause, a look; the process lives on when Kate has quit', async () => {
  const it = await victim(program('runs_threads'), ['2']);
  try {
    await kate('attach', { VICTIM: `${it.pid}` });
    assert.equal(await it.ask('go on'), 'joined');
    assert.deepEqual(await it.ended, { code: 0, signal: null });
  } finally {
    it.kill();
  }
});
