// Editors that Debian 12 has not or has too old: from Debian 13, in a root file system of it, with ptdap's package installed. Each
// scenario has a home of its own, with a project: steps.c and its a.out.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { assertNothingLeft, marked, source, temporaryFolder } from '../../protocol/session.mjs';
import { Root } from '../../package/root.mjs';
import { Screen } from './screen.mjs';

const { PACKAGES, VERSION } = process.env;
const SUITE = 'trixie';
const EDITORS = ['hx', 'emacs-nox', 'elpa-dape', 'tmux'];   // of all tests: one root for them

class Place {
  #root;
  #screens = [];
  mark = randomUUID();   // of all processes in here

  constructor(root, number) {
    this.#root = root;
    this.home = `/root/${number}`;
    this.project = `${this.home}/project`;
    fs.mkdirSync(root.path(this.project), { recursive: true });
    this.compile('steps.c', 'a.out');
  }

  write(file, text, mode = 0o644) {
    const to = this.#root.path(path.join(this.home, file));
    fs.mkdirSync(path.dirname(to), { recursive: true });
    fs.writeFileSync(to, text, { mode });
  }

  read(file) {
    return fs.readFileSync(this.#root.path(path.join(this.home, file)), 'utf8');
  }

  // A program of tests/programs, whose source is in the project.
  compile(name, output) {
    const folder = this.#root.path(this.project);
    fs.copyFileSync(source(name), path.join(folder, name));
    const made = path.join(temporaryFolder(), output);
    execFileSync('gcc', ['-g', '-O0', `-ffile-prefix-map=${folder}=${this.project}`, '-pthread', '-o', made, path.join(folder, name)], { cwd: folder });
    fs.copyFileSync(made, path.join(folder, output));
  }

  // The command line that runs `words` in the project, for a process of ours.
  command(words, variables = {}) {
    const environment = { HOME: this.home, PTDAP_TEST_MARK: this.mark, SHELL: '/bin/sh', ...variables };
    return this.#root.command(['env', `--chdir=${this.project}`, ...Object.entries(environment).map((it) => it.join('=')), ...words]);
  }

  screen(words, variables) {
    const screen = new Screen(this.command(['tmux'], variables), words);
    this.#screens.push(screen);
    return screen;
  }

  async close() {
    await Promise.all(this.#screens.map((it) => it.close()));
    marked(this).forEach((pid) => process.kill(pid, 'SIGKILL'));
  }
}

// define(scenario): scenario('what is true', async (place) => ...) is a test. At its end everything that it started has ended by itself.
export function scenarios(define) {
  const skip = Root.obstacle(SUITE);
  let root;
  let count = 0;

  before(async () => {
    if (!skip) {
      root = await Root.open(SUITE, { variant: `${SUITE}-editors`, packages: EDITORS });
      const name = `ptdap_${VERSION}_amd64.deb`;
      root.take(path.join(PACKAGES, name), '/tmp');
      root.run(['dpkg', '--install', `/tmp/${name}`]);
    }
  }, { timeout: 1_200_000 });
  after(() => root?.close());

  define((title, run) => test(title, { timeout: 600_000, skip }, async () => {
    const place = new Place(root, ++count);
    try {
      await run(place);
      assertNothingLeft(place);
    } finally {
      await place.close();
    }
  }));
}

export { assert };
