// The manual page: it has every option that the program has, and no other; its text is sound.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const { PTDAP } = process.env;
const PAGE = fileURLToPath(new URL('../../docs/ptdap.1', import.meta.url));
const page = fs.readFileSync(PAGE, 'utf8');

const helpOf = (...args) => execFileSync(PTDAP, [...args, '--help'], { encoding: 'utf8' });
const sorted = (words) => [...new Set(words)].sort();

// The options that items of lists explain: ".It Fl h , Fl -help" are two.
function explained(text) {
  return sorted([...text.matchAll(/^\.It (Fl .*)$/gm)].flatMap(([, item]) => [...item.matchAll(/Fl (\S+)/g)].map(([, name]) => `-${name}`)));
}

function offered(help) {
  return sorted([...help.matchAll(/(?<![\w-])(--?[A-Za-z][\w-]*)/g)].map(([, name]) => name));
}

const [general, tracing] = page.split('.Ss Tracing');
const HELP = ['-h', '--help'];   // where the other help texts do not name them

test('options of the program', () => {
  const help = helpOf().replaceAll(/^.*ptdap trace --help.*$|trace \[OPTION.*$/gm, '').replaceAll(/ trace .*$/gm, '');
  assert.deepEqual(explained(general), sorted([...offered(help), ...HELP]));
});

test('options of trace', () => {
  const help = [...helpOf('trace').matchAll(/^ {2}(-\S+)/gm)].map(([, name]) => name);
  assert.ok(help.length > 10);
  assert.deepEqual(explained(tracing), sorted([...help, ...HELP]));
});

test('all modes are in the synopsis', () => {
  const synopsis = page.slice(page.indexOf('.Sh SYNOPSIS'), page.indexOf('.Sh DESCRIPTION'));
  const flags = [...synopsis.matchAll(/Fl (-?[a-z][\w-]*)/g)].map(([, name]) => `-${name}`);
  const own = explained(general).filter((name) => name !== '-h');
  assert.deepEqual(own.filter((name) => !flags.includes(name)), []);
});

test('mandoc finds nothing', { skip: spawnSync('mandoc', ['-V']).error && 'mandoc is not installed' }, () => {
  const { stdout, stderr } = spawnSync('mandoc', ['-Tlint', PAGE], { encoding: 'utf8' });
  // Whether a page that it refers to is on this machine is not its fault.
  const found = `${stdout}${stderr}`.split('\n').filter((line) => line && !/referenced manual not found|outdated mandoc\.db/.test(line));
  assert.deepEqual(found, []);
});

for (const width of [60, 80, 132]) {
  test(`man finds nothing at ${width} columns`, { skip: spawnSync('man', ['--version']).error && 'man is not installed' }, () => {
    const { status, stdout, stderr } = spawnSync('man', ['--warnings', '-l', PAGE], {
      encoding: 'utf8', env: { ...process.env, MANWIDTH: String(width), LC_ALL: 'C.UTF-8', MANPAGER: 'cat', MANROFFOPT: '' } });
    assert.equal(status, 0, stderr);
    assert.equal(stderr, '');
    assert.match(stdout, /EXIT STATUS/);
  });
}
