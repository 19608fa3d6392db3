// A Debian of its own for a test: a copy of build/roots/SUITE, or of a variant of it with more packages, which is made if need be; its
// changes are in memory and gone at the end.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const ROOTS = process.env.ROOTS;
const GLIBC = { bookworm: '2.36', trixie: '2.41' };
const ENVIRONMENT = {
  PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', TMPDIR: '/tmp', LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive',
};

const script = (name) => fileURLToPath(new URL(name, import.meta.url));

export class Root {
  #holder;
  #place = path.join(ROOTS, 'place');   // one for all: each mounts there in a namespace of its own

  // Why there cannot be one in which the packages run; false if there can.
  static obstacle(suite) {
    if (process.getuid() !== 0 || spawnSync('unshare', ['--mount', 'true']).status !== 0) {
      return 'only root, with CAP_SYS_ADMIN, can make and mount root file systems';
    }
    // What was linked with a newer glibc does not run there, and nobody expects it.
    const glibc = spawnSync('getconf', ['GNU_LIBC_VERSION'], { encoding: 'utf8' }).stdout.trim().split(' ')[1];
    return glibc.localeCompare(GLIBC[suite], 'en', { numeric: true }) > 0 && `what is built here needs glibc ${glibc}`;
  }

  static async open(suite, { variant, packages = [] } = {}) {
    const root = new Root();
    const folder = path.join(ROOTS, variant ?? suite);
    const made = spawnSync(script('make-root'), [suite, folder, ...packages], { encoding: 'utf8', timeout: 900000 });
    assert.equal(made.status, 0, `${made.error ?? ''}${made.stderr}`);
    fs.mkdirSync(root.#place, { recursive: true });
    root.#holder = spawn('unshare', ['--mount', script('hold-root'), folder, root.#place], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = await Promise.race([once(createInterface(root.#holder.stdout), 'line'), once(root.#holder, 'close')]);
    assert.equal(line, 'ready', `there is no root file system ${folder}`);
    return root;
  }

  // Where a file or folder in there is for us.
  path(inside) {
    return `/proc/${this.#holder.pid}/root${this.#place}/root${inside}`;
  }

  get #enter() {
    return ['nsenter', `--target=${this.#holder.pid}`, '--mount', '--root'];   // --root: also where / is not that of the namespace
  }

  // The command line, for a process of ours, that runs `words` in there. user: the number of another than root.
  command(words, user) {
    const environment = { ...ENVIRONMENT, ...(user ? { HOME: '/tmp' } : {}) };
    return [...this.#enter, 'chroot', ...(user ? [`--userspec=${user}:${user}`] : []), `${this.#place}/root`,
      'env', ...Object.entries(environment).map((entry) => entry.join('=')), ...words];
  }

  // What it prints. Anything but `code` as its exit code is a failure.
  run(words, { user, code = 0, input } = {}) {
    const [file, ...args] = this.command(words, user);
    const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: 'utf8', input, timeout: 600000, maxBuffer: 1 << 28 });
    assert.equal(status, code, `${words.join(' ')}\n${error ?? ''}${stdout}${stderr}`);
    return { stdout, stderr };
  }

  // Copies a file or folder of ours to a folder in there.
  take(from, folder) {
    this.run(['mkdir', '-p', folder]);
    const [file, ...args] = [...this.#enter, 'cp', '-a', '--no-preserve=ownership', from, `${this.#place}/root${folder}/`];
    const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  }

  // All files in there, but for the books that dpkg and apt keep.
  files() {
    const books = ['/var/lib/dpkg', '/var/lib/apt', '/var/cache', '/var/log', '/tmp'];
    const pruned = books.flatMap((book) => ['-path', book, '-prune', '-o']);
    return this.run(['find', '/', '-xdev', ...pruned, '-print']).stdout.split('\n').sort();
  }

  async close() {
    const ended = once(this.#holder, 'close');
    this.#holder.stdin.end();
    await ended;
  }
}
