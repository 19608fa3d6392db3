// dape in Emacs 30, of Debian 13. Each scenario is a function of dape.el, in an Emacs of its own on a screen, and its init.el is what
// docs/editors.md gives for dape.
import fs from 'node:fs';
import { line, victim } from '../../protocol/session.mjs';
import { assert, scenarios } from '../debian13/debian13.mjs';
import { documented } from '../documented.mjs';
import { DEADLINE_MS } from '../harness/deadline.mjs';

async function emacs(place, scenario, variables = {}) {
  place.write('.emacs.d/init.el', documented('Emacs (dape)', 'elisp')[0]);
  for (const name of ['common.el', 'dape.el']) {
    place.write(name, fs.readFileSync(new URL(name, import.meta.url), 'utf8'));
  }
  const screen = place.screen(['emacs', '-nw', '--load', `${place.home}/dape.el`, '--funcall', 'scenario-run'], {
    SCENARIO: scenario, PROJECT: place.project, RESULT: `${place.home}/result`, DEADLINE: DEADLINE_MS / 1000, ...variables });
  await screen.ends(3 * DEADLINE_MS);   // each wait of a scenario may take one
  assert.equal(place.read('result'), 'passed');
}

const lines = () => ({
  IN_TWICE: line('steps.c', 'in twice'), END_OF_TWICE: line('steps.c', 'end of twice'), RECURSES: line('steps.c', 'recurses'),
  CALL: line('steps.c', 'prints'), WAITS: line('runs_threads.c', 'waits'),
});

scenarios((scenario) => {
  const emacsDoes = (title, name, variables) => scenario(title, (place) => emacs(place, name, { ...lines(), ...variables }));

  emacsDoes('launch: a breakpoint, the stack, scopes, evaluations, steps, the end', 'scenario-launch');
  emacsDoes('a condition of a breakpoint', 'scenario-condition');
  emacsDoes('the attribute syscalls stops at a call, and the program\'s frame is reached', 'scenario-syscalls', {
    CONFIGURATION: 'ptdap :syscalls (:stop "write #2")' });
  emacsDoes('the attribute syscalls may be a rule', 'scenario-syscalls', { CONFIGURATION: 'ptdap :syscalls "write #2"' });
  emacsDoes('a filter is ticked and unticked', 'scenario-filters');
  emacsDoes('restart, and quitting the session', 'scenario-restart');
  emacsDoes('leaving Emacs ends the program', 'scenario-leave-emacs');

  scenario('in a terminal', async (place) => {
    place.compile('in_terminal.c', 'talks');
    await emacs(place, 'scenario-terminal');
  });

  scenario('attach: the process is asked for, paused, looked at, and lives on', async (place) => {
    place.compile('runs_threads.c', 'threads');
    const [file, ...args] = place.command(['./threads', '2']);
    const it = await victim(file, args);
    await emacs(place, 'scenario-attach', { ...lines(), VICTIM: it.pid });
    assert.equal(await it.ask('go on'), 'joined');
    assert.deepEqual(await it.ended, { code: 0, signal: null });
  });
});
