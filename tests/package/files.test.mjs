// What script/package makes: the program and its libraries, the three packages, the licences.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const { PACKAGES, VERSION } = process.env;
const SOURCE = fileURLToPath(new URL('../..', import.meta.url));
const OLDEST_GLIBC = '2.36';   // of Debian 12
const DEB = path.join(PACKAGES, `ptdap_${VERSION}_amd64.deb`);
const ARCHIVE = path.join(PACKAGES, `ptdap-${VERSION}-linux-x64.tar.gz`);
const VSIX = path.join(PACKAGES, 'ptdap-linux-x64.vsix');
const LIMIT = { timeout: 600000 };

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ptdap-files-'));
const [deb, archive, vsix] = ['deb/usr', `tar/ptdap-${VERSION}-linux-x64`, 'vsix/extension'].map((name) => path.join(folder, name));
const output = (file, ...args) => execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 });
const hash = (file) => createHash('sha256').update(fs.readFileSync(file)).digest('hex');
const isNewer = (version, than) => version.localeCompare(than, 'en', { numeric: true }) > 0;
const hostGlibc = output('getconf', 'GNU_LIBC_VERSION').trim().split(' ')[1];

before(() => {
  output('dpkg-deb', '-x', DEB, path.join(folder, 'deb'));
  fs.mkdirSync(path.join(folder, 'tar'));
  output('tar', '-C', path.join(folder, 'tar'), '-xzf', ARCHIVE);
  output('unzip', '-q', VSIX, '-d', path.join(folder, 'vsix'));
});
after(() => fs.rmSync(folder, { recursive: true }));

// All files below a folder, by their paths from there.
function filesOf(below) {
  return fs.readdirSync(below, { recursive: true }).filter((name) => !fs.lstatSync(path.join(below, name)).isDirectory()).sort();
}

const objects = () => ['bin/ptdap', ...fs.readdirSync(`${archive}/lib/ptdap`).map((name) => `lib/ptdap/${name}`)];

test('the program and its libraries are the same in all three', LIMIT, () => {
  assert.ok(objects().length > 1);
  for (const name of objects()) {
    for (const other of [deb, vsix]) {
      assert.equal(hash(path.join(other, name)), hash(path.join(archive, name)), name);
    }
  }
  for (const place of [deb, archive, vsix]) {
    assert.deepEqual(fs.readdirSync(`${place}/lib/ptdap`), fs.readdirSync(`${archive}/lib/ptdap`));
    assert.equal(fs.statSync(`${place}/bin/ptdap`).mode & 0o777, 0o755);
    assert.equal(output(`${place}/bin/ptdap`, '--version'), `ptdap ${VERSION}\n`);
  }
});

test('they ask for themselves and for glibc, and for nothing else', LIMIT, () => {
  const known = new Set([...fs.readdirSync(`${archive}/lib/ptdap`), 'libc.so.6', 'libm.so.6', 'ld-linux-x86-64.so.2']);
  for (const name of objects()) {
    const needed = [...output('objdump', '-p', path.join(archive, name)).matchAll(/^\s+NEEDED\s+(\S+)/gm)].map((match) => match[1]);
    assert.deepEqual(needed.filter((library) => !known.has(library)), [], name);
  }
  const dynamic = output('objdump', '-p', `${archive}/bin/ptdap`);
  assert.deepEqual([...dynamic.matchAll(/^\s+(RPATH|RUNPATH)\s+(\S+)/gm)].map(([, , where]) => where), ['$ORIGIN/../lib/ptdap']);
});

const NEEDS_OLDEST = { ...LIMIT, skip: isNewer(hostGlibc, OLDEST_GLIBC) && `linked with glibc ${hostGlibc}` };

test(`the glibc of ${OLDEST_GLIBC} has all that they use`, NEEDS_OLDEST, () => {
  for (const name of objects()) {
    const versions = [...output('objdump', '-T', path.join(archive, name)).matchAll(/\(GLIBC_([\d.]+)\)/g)].map((match) => match[1]);
    assert.ok(versions.length > 0, name);
    assert.deepEqual(versions.filter((version) => isNewer(version, OLDEST_GLIBC)), [], name);
  }
});

test('the program is hardened and stripped, and shows no library what it has linked in', LIMIT, () => {
  const headers = output('readelf', '-W', '-h', '-l', '-d', '-S', `${archive}/bin/ptdap`);
  assert.match(headers, /Type:\s+DYN/);
  assert.match(headers, /GNU_RELRO/);
  assert.match(headers, /BIND_NOW|Flags:.*NOW/);
  assert.match(headers, /GNU_STACK .* RW /);
  assert.doesNotMatch(headers, /TEXTREL|\.symtab|\.debug_/);
  const symbols = output('objdump', '-T', `${archive}/bin/ptdap`);
  assert.match(symbols, /__stack_chk_fail/);
  assert.match(symbols, /\w+_chk$/m);
  const shown = symbols.split('\n').filter((line) => line.includes(' .text')).map((line) => line.split(/\s+/).at(-1));
  assert.deepEqual(shown, []);
});

test('the .vsix: what is in it, for which platform, its size', LIMIT, () => {
  const extension = JSON.parse(fs.readFileSync(`${vsix}/package.json`, 'utf8'));
  assert.equal(extension.version, VERSION);
  assert.match(fs.readFileSync(`${vsix}/../extension.vsixmanifest`, 'utf8'), /TargetPlatform="linux-x64"/);
  assert.ok(fs.statSync(VSIX).size < 4 * 1024 * 1024, `${fs.statSync(VSIX).size} bytes`);
  const files = filesOf(vsix);
  for (const file of [extension.main, extension.icon ?? 'package.json', ...objects(), 'THIRD-PARTY-NOTICES.txt']) {
    assert.ok(files.includes(path.normalize(file)), `${file} among ${files}`);
  }
  assert.ok(files.some((file) => /^license/i.test(file)) && files.some((file) => /^readme/i.test(file)), files.join());
  assert.deepEqual(files.filter((file) => /node_modules|\.ts$|\.map$|tsconfig|lock\.json/.test(file)), []);
});

test('the .tar.gz: one folder, with documents, licences and the manual page', LIMIT, () => {
  assert.deepEqual(fs.readdirSync(path.dirname(archive)), [path.basename(archive)]);
  assert.deepEqual(fs.readdirSync(archive).sort(), ['LICENSE', 'README.md', 'THIRD-PARTY-NOTICES.txt', 'bin', 'docs', 'lib', 'share', 'vscode-ext']);
});

// A link to another document, or a picture, in what is installed, leads somewhere.
for (const place of [`${deb}/share/doc/ptdap`, archive]) {
  test(`links of the documents in ${path.relative(folder, place)}`, LIMIT, () => {
    const documents = filesOf(place).filter((name) => name.endsWith('.md'));
    const dead = documents.flatMap((name) => [...fs.readFileSync(path.join(place, name), 'utf8').matchAll(/\]\(([\w./-]+\.(?:md|png))\)/g)]
      .filter(([, link]) => !fs.existsSync(path.join(place, path.dirname(name), link))).map(([, link]) => `${name}: ${link}`));
    assert.ok(documents.includes('docs/launch.md'));
    assert.deepEqual(dead, []);
  });
}

test('the manual page is that of the source', LIMIT, () => {
  for (const place of [deb, archive]) {
    assert.equal(output('gzip', '-dc', `${place}/share/man/man1/ptdap.1.gz`), fs.readFileSync(`${SOURCE}/docs/ptdap.1`, 'utf8'));
  }
});

test('every library that is in it is in the notices, with its licence', LIMIT, () => {
  const linked = [...fs.readFileSync(`${PACKAGES}/packaging/ptdap.map`, 'utf8').matchAll(/^\/\S*\/(lib(?:dw|elf|seccomp|lzma|z|bz2|iberty)\.a)\(/gm)];
  const libraries = new Set([...linked.map((match) => match[1]), ...fs.readdirSync(`${archive}/lib/ptdap`)]);
  assert.ok(['libdw.a', 'libelf.a', 'libseccomp.a'].every((name) => libraries.has(name)), [...libraries].join());
  const copyright = fs.readFileSync(`${deb}/share/doc/ptdap/copyright`, 'utf8');
  for (const place of [archive, vsix]) {
    const notices = fs.readFileSync(`${place}/THIRD-PARTY-NOTICES.txt`, 'utf8');
    for (const text of [notices, copyright]) {
      const named = [...text.matchAll(/^\S+ \S+: (.*)$/gm)].flatMap((match) => match[1].split(', '));
      assert.deepEqual([...libraries].filter((name) => !named.includes(name)), []);
    }
    assert.match(notices, /GNU LESSER GENERAL PUBLIC LICENSE\s+Version 3[^]*\n.*GNU GENERAL PUBLIC LICENSE|GNU GENERAL PUBLIC LICENSE[^]*GNU LESSER/);
  }
  assert.ok(copyright.includes(fs.readFileSync(`${SOURCE}/LICENSE`, 'utf8').trim()));
});

test('lintian finds no errors in the .deb', { ...LIMIT, skip: spawnSync('lintian', ['--version']).error && 'lintian is not installed' }, () => {
  const { status, stdout, stderr } = spawnSync('lintian', ['--fail-on', 'error', DEB], { encoding: 'utf8' });
  assert.equal(status, 0, `${stdout}${stderr}`);
});

test('all of them come out the same once more', LIMIT, () => {
  const was = [DEB, ARCHIVE, VSIX].map(hash);
  output(`${SOURCE}/script/package`);
  assert.deepEqual([DEB, ARCHIVE, VSIX].map(hash), was);
});
