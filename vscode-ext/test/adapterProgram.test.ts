import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import * as path from 'node:path';
import { after, test } from 'node:test';
import { AdapterProblem, checkFile, checkLogFile, checkPlatform, commandWith, expandPath, explainFailure, KnownOutputs, mistakeInRule, run } from '../src/adapterProgram';

const folder = mkdtempSync(path.join(tmpdir(), 'ptdap-adapter-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function script(name: string, text: string, mode = 0o755): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

const problem = (pattern: RegExp) => (error: unknown): boolean => {
  assert(error instanceof AdapterProblem);
  assert.match(error.message, pattern);
  return true;
};

test('a path is expanded as a user means it', () => {
  assert.equal(expandPath('~/bin/ptdap', '/w'), `${homedir()}/bin/ptdap`);
  assert.equal(expandPath('~', undefined), homedir());
  assert.equal(expandPath('${workspaceFolder}/build/ptdap', '/w'), '/w/build/ptdap');
  assert.equal(expandPath('build/ptdap', '/w'), '/w/build/ptdap');
  assert.equal(expandPath(' /usr/bin/ptdap ', '/w'), '/usr/bin/ptdap');
  assert.equal(expandPath('', '/w'), '');
  assert.equal(expandPath('/a~b/~', '/w'), '/a~b/~');
});

test('other platforms are told what to do', () => {
  checkPlatform('linux', 'x64');
  for (const [platform, arch] of [['linux', 'arm64'], ['win32', 'x64'], ['darwin', 'arm64']] as const)
    assert.throws(() => checkPlatform(platform, arch), problem(new RegExp(`runs on ${platform}-${arch}.*Remote`)));
});

test('a file that cannot be the adapter is named with the reason', async () => {
  await assert.rejects(checkFile(`${folder}/none`, true), problem(/none does not exist\. Correct the setting ptdap\.path/));
  await assert.rejects(checkFile(`${folder}/none`, false), problem(/does not exist\. Reinstall the extension/));
  await assert.rejects(checkFile(folder, true), problem(/is not a file/));
  await assert.rejects(checkFile(script('plain', 'text', 0o644), true), problem(/is not executable\. Run: chmod \+x '/));
  await assert.rejects(checkFile('${workspaceFolder}/ptdap', true), problem(/no folder is open/));
});

test('a log file that cannot be written names its setting', async () => {
  const file = path.join(folder, 'log');
  await checkLogFile(file);
  assert.equal(readFileSync(file, 'utf8'), '');
  writeFileSync(file, 'kept');
  await checkLogFile(file);
  assert.equal(readFileSync(file, 'utf8'), 'kept');
  await assert.rejects(checkLogFile(`${folder}/none/log`), (error) => {
    assert(error instanceof AdapterProblem);
    assert.equal(error.setting, 'ptdap.logFile');
    assert.match(error.message, /none\/log cannot be written \(ENOENT\)/);
    return true;
  });
});

test('the stamp of a file changes with the file', async () => {
  const file = script('stamped', '#!/bin/sh\necho 1\n');
  const before = await checkFile(file, true);
  assert.equal(await checkFile(file, true), before);
  writeFileSync(file, '#!/bin/sh\necho 22\n');
  assert.notEqual(await checkFile(file, true), before);
});

test('what it prints comes back, and its failure with what it says', async () => {
  assert.deepEqual(await run(script('good', '#!/bin/sh\necho "$1 $V"; echo aside >&2\n'), ['--version'], { V: 'x' }, false),
    { stdout: '--version x\n', stderr: 'aside\n' });
  await assert.rejects(run(script('bad', '#!/bin/sh\necho "no such option" >&2; exit 2\n'), [], {}, true),
    problem(/bad does not work: it ended with status 2\. It says: no such option\. Correct the setting ptdap\.path/));
  await assert.rejects(run(script('killed', '#!/bin/sh\nkill -9 $$\n'), [], {}, false), problem(/it was ended by SIGKILL/));
});

test('what it prints is asked for once, and again when the file, its arguments or its environment are others', async () => {
  const log = path.join(folder, 'asked');
  const text = '#!/bin/sh\necho "$*" >>"$LOG"; echo "${SET-none}"; exit "${STATUS-0}"\n';
  const file = script('asked for', text);
  const outputs = new KnownOutputs();
  const of = (args: string[], changes: Record<string, string | null> = {}): Promise<string> => outputs.of(file, args, { LOG: log, ...changes }, false);
  const asked = (): number => readFileSync(log, 'utf8').split('\n').length - 1;
  assert.deepEqual(await Promise.all([of(['--a']), of(['--a'])]), ['none\n', 'none\n']);
  assert.equal(asked(), 1);
  await of(['--b']);
  assert.equal(asked(), 2);
  assert.equal(await of(['--a'], { SET: 'new' }), 'new\n');
  assert.equal(await of(['--a'], { SET: null }), 'none\n');
  assert.equal(await of(['--a']), 'none\n');
  assert.equal(asked(), 4);
  script('asked for', `${text}# another version\n`);
  await of(['--a']);
  assert.equal(asked(), 5);
  for (const _ of [1, 2])
    await assert.rejects(of(['--a'], { STATUS: '3' }), problem(/it ended with status 3/));
  assert.equal(asked(), 7);
});

test('a mistake in a rule comes without the name of the program; what cannot be asked is none', async () => {
  const says = (name: string, text: string): string => script(name, `#!/bin/sh\ntest "$*" = "--check-syscalls a b" || exit 9\n${text}\n`);
  assert.equal(await mistakeInRule(says('agrees', ''), 'a b', process.env), undefined);
  assert.equal(await mistakeInRule(says('refuses', 'echo "ptdap: no syscall \'a\' (column 1): x" >&2; exit 1'), 'a b', process.env),
    "no syscall 'a' (column 1): x");
  assert.equal(await mistakeInRule(says('older', 'echo "ptdap: unknown argument --check-syscalls" >&2; exit 2'), 'a b', process.env), undefined);
  assert.equal(await mistakeInRule(says('unlinked here', 'echo "error while loading" >&2; exit 127'), 'a b', process.env), undefined);
  assert.equal(await mistakeInRule(`${folder}/none`, 'a b', process.env), undefined);
});

test('the environment of the adapter: set as VS Code does it, taken out by env', () => {
  assert.deepEqual(commandWith({}, '/p', ['--log', 'a b']), { program: '/p', args: ['--log', 'a b'], env: {} });
  assert.deepEqual(commandWith({ A: '1', B: '' }, '/p', []), { program: '/p', args: [], env: { A: '1', B: '' } });
  assert.deepEqual(commandWith({ GONE: null, SET: 'new', ALSO: null }, '/p', ['--log', 'a b']),
    { program: '/usr/bin/env', args: ['-u', 'GONE', '-u', 'ALSO', '/p', '--log', 'a b'], env: { SET: 'new' } });
  for (const name of ['shows env', 'shows=env']) {
    const file = script(name, '#!/bin/sh\necho "${KEPT-none} ${SET-none} ${GONE-none} ${ALSO-none} $# $2"\n');
    const { program, args, env } = commandWith({ GONE: null, SET: 'new', ALSO: null }, file, ['--log', 'a b']);
    const shown = execFileSync(program, args, { encoding: 'utf8', env: { ...process.env, KEPT: 'kept', SET: 'old', GONE: 'x', ALSO: 'y', ...env } });
    assert.equal(shown, 'kept new none none 2 a b\n');
  }
});

test('a program that cannot be loaded tells what is missing', async () => {
  const bytes = readFileSync('/bin/true');
  bytes.write('libX.so.6', bytes.indexOf('libc.so.6'), 'latin1');
  const file = path.join(folder, 'loaded');
  writeFileSync(file, bytes, { mode: 0o755 });
  await assert.rejects(run(file, [], process.env, true), problem(/the library libX\.so\.6 is missing.*clear the setting/));
  assert.match(explainFailure('/p', false, { code: 1 }, "/p: /lib/libc.so.6: version `GLIBC_2.36' not found (required by /p)"),
    /needs a newer C library \(GLIBC_2\.36;.*Build ptdap on this machine/);
});

test('a program for another machine, and one without its linker', async () => {
  const header = Buffer.alloc(64);
  header.write('\x7fELF\x02\x01\x01', 0, 'latin1');
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(183, 18);  // EM_AARCH64
  const foreign = path.join(folder, 'foreign');
  writeFileSync(foreign, header, { mode: 0o755 });
  await assert.rejects(checkFile(foreign, true), problem(/is a program for another processor\. Correct/));
  await assert.rejects(run(script('unlinked', '#!/no/such/interpreter\n'), [], {}, true), problem(/its dynamic linker .* is missing/));
});
