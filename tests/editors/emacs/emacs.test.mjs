// dap-mode in a real Emacs without a screen. Each scenario is a function of dap_mode.el, in an Emacs of its own with a fresh home, and
// its init.el is what docs/editors.md gives for dap-mode.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertNothingLeft, line, marked, program, source, temporaryFolder, victim } from '../../protocol/session.mjs';
import { documented } from '../documented.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

// A home with the documented init.el, a project with steps.c and its a.out, and ptdap in PATH.
function prepare(t) {
  const root = fs.realpathSync(temporaryFolder());
  const [home, project, bin] = ['home', 'project', 'bin'].map((name) => path.join(root, name));
  [home, project, bin].forEach((it) => fs.mkdirSync(it));
  fs.mkdirSync(path.join(home, '.emacs.d'));
  fs.writeFileSync(path.join(home, '.emacs.d/init.el'), documented('Emacs (dap-mode)', 'elisp')[0]);
  fs.copyFileSync(source('steps.c'), path.join(project, 'steps.c'));
  execFileSync('gcc', ['-g', '-O0', '-o', 'a.out', 'steps.c'], { cwd: project });
  fs.symlinkSync(process.env.PTDAP, path.join(bin, 'ptdap'));
  return { home, project, bin };
}

async function emacs(t, scenario, variables = {}) {
  const { home, project, bin } = prepare(t);
  const it = { mark: randomUUID() };
  const child = spawn(process.env.EMACS ?? 'emacs', ['--batch', '--load', path.join(home, '.emacs.d/init.el'),
    '--load', path.join(here, 'dap_mode.el'), '--funcall', scenario], {
    cwd: project, stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOME: home, PATH: `${bin}:${process.env.PATH}`, PROJECT: project, PTDAP_TEST_MARK: it.mark, ...variables },
  });
  it.pid = child.pid;
  let said = '';
  child.stdout.on('data', (chunk) => { said += chunk; });
  child.stderr.on('data', (chunk) => { said += chunk; });
  const [code, signal] = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (...end) => resolve(end));
  });
  try {
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, said);
    assertNothingLeft(it);
  } finally {
    marked(it).forEach((pid) => process.kill(pid, 'SIGKILL'));
  }
}

const lines = () => ({ IN_TWICE: `${line('steps.c', 'in twice')}`, END_OF_TWICE: `${line('steps.c', 'end of twice')}` });

test('launch: a breakpoint, the stack, locals, an evaluation, a step, the end', { timeout: 600000 }, (t) => emacs(t,
  'scenario-launch', lines()));

test('a condition of a breakpoint', { timeout: 600000 }, (t) => emacs(t, 'scenario-condition', {
  RECURSES: `${line('steps.c', 'recurses')}` }));

test('the attribute syscalls stops at a call, and the program\'s frame is reached', { timeout: 600000 }, (t) => emacs(t,
  'scenario-syscalls'));

test('disconnect ends a launched program', { timeout: 600000 }, (t) => emacs(t, 'scenario-disconnect', lines()));

test('attach: the process is asked for, paused, looked at, and lives on', { timeout: 600000 }, async (t) => {
  const it = await victim(program('runs_threads'), ['2']);
  try {
    await emacs(t, 'scenario-attach', { VICTIM: `${it.pid}` });
    assert.equal(await it.ask('go on'), 'joined');
    assert.deepEqual(await it.ended, { code: 0, signal: null });
  } finally {
    it.kill();
  }
});
