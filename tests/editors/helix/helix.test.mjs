// Helix (Debian 13's hx) on a screen, with the keys that a person types. Its languages.toml and config.toml are what docs/editors.md gives.
import { line, marked, status, victim } from '../../protocol/session.mjs';
import { assert, scenarios } from '../debian13/debian13.mjs';
import { documented } from '../documented.mjs';

const ENDED = 'Terminated debugging session';
const MENU = 'Debug (experimental)';
const ESCAPE = '\x1b';
const IN_TWICE = line('steps.c', 'in twice');
const END_OF_TWICE = line('steps.c', 'end of twice');

// The mark of the line at which the program stands.
const at = (number) => new RegExp(`^▶ +${number} `, 'm');

class Helix {
  constructor(screen) {
    this.screen = screen;
  }

  // Escape alone: with what follows at once it would be another key. It closes what shows `sign`.
  async escape(sign) {
    await this.screen.shows(sign);
    await this.screen.type(ESCAPE);
    await this.screen.hides(sign);
  }

  // Keys in the menu of <space>G, which stays until Escape.
  async menu(keys) {
    await this.screen.type(' G');
    await this.screen.shows(MENU);
    await this.screen.type(keys);
  }

  // Keys in the menu that lead to something: it is seen before Escape, which takes messages away.
  async lead(keys, wanted) {
    await this.menu(keys);
    await this.screen.shows(wanted);
    await this.escape(MENU);
  }

  command(text) {
    return this.screen.type(`:${text}\r`);
  }

  async breakpointAt(number) {
    await this.screen.type(`${number}G`);
    await this.lead('b', new RegExp(`^[◯●] +${number} `, 'm'));
  }

  // Picks a frame from the list of the stack, and stands at its line.
  async frame(name, number) {
    await this.menu('sf');
    await this.screen.shows(new RegExp(`│.*\\b${name} .*││`));
    await this.screen.type(`${name}\r`);
    await this.screen.shows(at(number));
    await this.escape(MENU);
  }

  async evaluates(expression, pattern) {
    await this.command(`debug-eval ${expression}`);
    await this.screen.shows(pattern);
  }

  async quit() {
    await this.command('q');
    await this.screen.ends();
  }
}

async function open(place, { file = 'steps.c', before = [], variables } = {}) {
  place.write('.config/helix/languages.toml', documented('Helix', 'toml')[0]);
  const screen = place.screen([...before, 'hx', file], variables);
  await screen.shows(/^ NOR +.*\n.*Loaded/m);
  return new Helix(screen);
}

// The names of the programs that run in the place.
const running = (place) => marked(place).map((pid) => status(pid)?.Name);

scenarios((scenario) => {
  scenario('launch: a breakpoint, the stack, variables, registers, steps, the end', async (place) => {
    const helix = await open(place);
    await helix.breakpointAt(IN_TWICE);
    await helix.command('debug-start launch a.out');
    await helix.screen.shows(/stopped because of breakpoint/);
    await helix.screen.shows(at(IN_TWICE));
    await helix.menu('v');
    await helix.screen.shows(/▸ Locals.*\n.*x: int = 21/);
    await helix.screen.shows(/▸ Registers.*\n.*General/);
    await helix.escape('▸ Locals');
    await helix.escape(MENU);
    await helix.evaluates('$rip', /^0x[0-9a-f]+ <twice\+\d+>$/m);
    await helix.evaluates('x * 2 + 1', /^43$/m);
    await helix.frame('main', line('steps.c', 'calls twice'));
    await helix.evaluates('sum', /^0$/m);
    await helix.frame('twice', IN_TWICE);
    await helix.lead('n', at(END_OF_TWICE));
    await helix.evaluates('result', /^42$/m);
    await helix.lead('o', at(line('steps.c', 'calls twice')));
    await helix.lead('c', ENDED);
    await helix.quit();
  });

  scenario('a template chosen from the menu, its program given in the prompt; quitting ends the program', async (place) => {
    const helix = await open(place);
    await helix.breakpointAt(IN_TWICE);
    await helix.menu('l');
    await helix.screen.shows(/> launch +│/);
    await helix.screen.type('\r');
    await helix.screen.shows(/^program: *$/m);
    await helix.screen.type('a.out\r');
    await helix.screen.shows(at(IN_TWICE));
    assert.ok(running(place).includes('a.out'));
    await helix.escape(MENU);
    await helix.quit();
  });

  scenario('a restart shows where the new program stands, and ending a session ends it', async (place) => {
    const helix = await open(place);
    const recurses = line('steps.c', 'recurses');
    await helix.breakpointAt(recurses);
    await helix.command('debug-start launch a.out');
    await helix.screen.shows(at(recurses));
    await helix.evaluates('n', /^5$/m);
    await helix.lead('c', /stopped because of breakpoint/);
    await helix.evaluates('n', /^4$/m);
    await helix.lead('r', /stopped because of breakpoint/);
    await helix.evaluates('n', /^5$/m);
    await helix.menu('t');
    await helix.screen.hides('▶');
    await helix.escape(MENU);
    assert.ok(!running(place).includes('a.out'));
    await helix.quit();
  });

  scenario('the exception filters, all at once, stop at every call', async (place) => {
    const helix = await open(place);
    await helix.breakpointAt(line('steps.c', 'prints'));
    await helix.command('debug-start launch a.out');
    await helix.screen.shows(at(line('steps.c', 'prints')));
    await helix.menu('e');
    await helix.screen.type('c');
    await helix.screen.shows(/stopped because of syscall write\(1.* — entry/);
    await helix.screen.type('c');
    await helix.screen.shows(/stopped because of syscall write\(1.* = \d+/);
    await helix.screen.type('E');
    await helix.screen.type('c');
    await helix.screen.shows(ENDED);
    await helix.escape(MENU);
    await helix.quit();
  });

  for (const [template, rest] of [['failing calls', ''], ['stop at calls', ' "openat if $errno == ENOENT"']]) {
    scenario(`the template "${template}" stops at a call that fails`, async (place) => {
      place.compile('makes_syscalls.c', 'calls');
      const helix = await open(place, { file: 'makes_syscalls.c' });
      await helix.command(`debug-start "${template}" calls${rest}`);
      await helix.screen.shows(/stopped because of syscall openat\(AT_FDCWD.*"\/no\/such\/file"/);
      await helix.menu('v');
      await helix.screen.shows(/▸ Syscall[^▸]*name = openat/);
      await helix.escape('▸ Syscall');
      await helix.escape(MENU);
      await helix.evaluates('$errno', /^ENOENT/m);
      await helix.frame('main', line('makes_syscalls.c', 'fails'));
      await helix.lead('c', ENDED);
      await helix.quit();
    });
  }

  scenario('attach: the process is paused, looked at, and outlives the editor', async (place) => {
    place.compile('runs_threads.c', 'threads');
    const [file, ...args] = place.command(['./threads', '2']);
    const it = await victim(file, args);
    const helix = await open(place, { file: 'runs_threads.c' });
    await helix.command(`debug-start attach ${it.pid}`);
    await helix.screen.shows('Debugged application started');
    await helix.menu('h');
    await helix.screen.shows(/> threads .*\n.* worker 0 .*\n.* worker 1 /);
    await helix.screen.type('\r');
    await helix.screen.shows(/stopped because of pause/);
    await helix.escape(MENU);
    await helix.frame('main', line('runs_threads.c', 'waits'));
    await helix.evaluates('count', /^2$/m);
    await helix.quit();
    assert.equal(await it.ask('go on'), 'joined');
    assert.deepEqual(await it.ended, { code: 0, signal: null });
  });

  async function inTerminal(place, helix) {
    place.compile('in_terminal.c', 'talks');
    await helix.command('debug-start "launch in a terminal" talks');
    await helix.screen.shows(`tty 111`, 1);
    await helix.screen.type('hello\r', 1);
    await helix.screen.shows('got hello', 1);
    await helix.screen.type('exit 3\r', 1);
    await helix.screen.shows(ENDED);
    await helix.quit();
  }

  scenario('in a terminal: a pane of tmux', async (place) => inTerminal(place, await open(place)));

  scenario('in a terminal: the documented program of config.toml', async (place) => {
    place.write('.config/helix/config.toml', documented('Helix', 'toml')[1]);
    // It stands in for the real one, which takes a display: what follows -e is the command line.
    place.write('bin/xterm', '#!/bin/sh\n[ "$1" = -e ] && shift && exec tmux -L test new-window -- "$@"\n', 0o755);
    await inTerminal(place, await open(place, { before: ['env', '-u', 'TMUX'], variables: { PATH: `${place.home}/bin:/usr/bin:/bin` } }));
  });
});
