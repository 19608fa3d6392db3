import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, linkSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { hasDebugInfo, isProgram, parseElf } from '../src/elf';
import { buildCommand, findPrograms } from '../src/programs';

const trueProgram = readFileSync('/bin/true');

function tree(context: TestContext): string {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'ptdap-programs-')));
  context.after(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

function put(root: string, name: string, content: string | Buffer, { age = 0, mode = 0o755 } = {}): void {
  const file = path.join(root, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
  utimesSync(file, 1_700_000_000 - age, 1_700_000_000 - age);
}

async function names(root: string): Promise<string[]> {
  return (await findPrograms(root)).programs.map((program) => path.relative(root, program.path));
}

test('programs are found by what they are, not by their names', async (context) => {
  const root = tree(context);
  put(root, 'app', trueProgram);
  put(root, 'with.dot', trueProgram, { age: 1 });
  put(root, 'not-executable', trueProgram, { mode: 0o644 });
  put(root, 'script', '#!/bin/sh\n');
  put(root, 'libapp.so', trueProgram);
  put(root, 'libapp.so.1.2', trueProgram);
  put(root, 'app.o', trueProgram);
  put(root, 'empty', '');
  put(root, 'cut', trueProgram.subarray(0, 40));
  copyFileSync(realpathSync('/lib/x86_64-linux-gnu/libm.so.6'), path.join(root, 'plugin'));
  chmodSync(path.join(root, 'plugin'), 0o755);
  symlinkSync('/none', path.join(root, 'dangling'));
  mkdirSync(path.join(root, 'folder'));
  assert.deepEqual(await names(root), ['app', 'with.dot']);
});

test('results of builds come first, the newest first among them', async (context) => {
  const root = tree(context);
  put(root, 'tools/newest', trueProgram);
  put(root, 'build/CMakeCache.txt', '', { mode: 0o644 });
  put(root, 'build/bin/older', trueProgram, { age: 30 });
  put(root, 'build/CMakeFiles/3.25/CompilerIdC/a.out', trueProgram);
  put(root, 'crate/Cargo.toml', '', { mode: 0o644 });
  put(root, 'crate/target/debug/newer', trueProgram, { age: 20 });
  put(root, 'crate/target/x86_64-unknown-linux-musl/release/cross', trueProgram, { age: 40 });
  put(root, 'crate/target/debug/build/crate-1/build-script-build', trueProgram);
  put(root, 'crate/target/debug/incremental/x', trueProgram);
  put(root, 'crate/target/debug/deps/tests-0123', trueProgram, { age: 1 });
  linkSync(path.join(root, 'crate/target/debug/newer'), path.join(root, 'crate/target/debug/deps/newer-0123'));
  put(root, 'made/Makefile', '', { mode: 0o644 });
  put(root, 'made/prog', trueProgram, { age: 10 });
  put(root, 'node_modules/x/bin', trueProgram);
  put(root, '.git/hook', trueProgram);
  assert.deepEqual(await names(root), ['made/prog', 'crate/target/debug/newer', 'build/bin/older',
    'crate/target/x86_64-unknown-linux-musl/release/cross', 'tools/newest', 'crate/target/debug/deps/tests-0123']);
});

test('a search ends at its limits and says so, and when it is told to', async (context) => {
  const root = tree(context);
  for (let i = 0; i < 60; i++)
    put(root, `d${i}/deeper/text`, 'x');
  put(root, 'app', trueProgram);
  assert.equal((await findPrograms(root)).isPartial, false);
  const cut = await findPrograms(root, undefined, { entries: 62, depth: 16 });
  assert.equal(cut.isPartial, true);
  assert.equal(cut.programs.length, 1);
  put(root, 'a/b/c/app', trueProgram);
  assert.equal((await findPrograms(root, undefined, { entries: 1000, depth: 2 })).programs.length, 1);
  await assert.rejects(findPrograms(root, AbortSignal.abort()), { name: 'AbortError' });
});

test('a loop of links is not followed', async (context) => {
  const root = tree(context);
  mkdirSync(path.join(root, 'a'));
  symlinkSync('..', path.join(root, 'a', 'up'));
  put(root, 'app', trueProgram);
  assert.deepEqual(await names(root), ['app']);
  assert.deepEqual(await names(path.join(root, 'none')), []);
});

test('ELF headers of programs, libraries, objects and other machines', () => {
  const patched = (change: (bytes: Buffer) => void): ReturnType<typeof parseElf> => {
    const bytes = Buffer.from(trueProgram.subarray(0, 1024));
    change(bytes);
    return parseElf(bytes);
  };
  const judge = (change: (bytes: Buffer) => void): boolean => isProgram(patched(change)!);
  assert.equal(patched(() => {})?.hasInterpreter, true);
  assert.equal(judge(() => {}), true);
  assert.equal(judge((bytes) => bytes.writeUInt16LE(2, 16)), true);  // ET_EXEC
  assert.equal(judge((bytes) => bytes.writeUInt16LE(1, 16)), false);  // ET_REL
  assert.equal(judge((bytes) => bytes.writeUInt16LE(4, 16)), false);  // ET_CORE
  assert.equal(judge((bytes) => bytes.writeUInt16LE(183, 18)), false);  // AArch64
  assert.equal(judge((bytes) => bytes.writeBigUInt64LE(0n, 32)), true);  // no program headers seen: the entry decides
  assert.equal(patched((bytes) => bytes.writeUInt8(2, 5)), undefined);  // big-endian
  assert.equal(patched((bytes) => bytes.writeUInt8(9, 4)), undefined);
  assert.equal(patched((bytes) => bytes.writeBigUInt64LE(0xffff_ffff_ffff_ff00n, 32))?.hasInterpreter, false);
  assert.equal(parseElf(Buffer.alloc(0)), undefined);
});

test('the command that builds a folder, or the edited file', () => {
  const file = (name: string, languageId: string): { path: string; languageId: string } => ({ path: `/w/src/${name}`, languageId });
  const typed = (name: string, languageId: string): string | undefined => buildCommand('/w', [], file(name, languageId))?.text;
  assert.deepEqual(buildCommand('/w', ['x', 'CMakeLists.txt', 'Makefile'], file('a.c', 'c')),
    { text: 'cmake -B build -DCMAKE_BUILD_TYPE=Debug && cmake --build build', folder: '/w' });
  assert.deepEqual(buildCommand('/w', ['Cargo.toml'], undefined), { text: 'cargo build', folder: '/w' });
  assert.deepEqual(buildCommand(undefined, [], file('main.c', 'c')), { text: 'gcc -g -o main main.c', folder: '/w/src' });
  assert.equal(typed("it's.cpp", 'cpp'), "g++ -g -o 'it'\\''s' 'it'\\''s.cpp'");
  assert.equal(typed('-x.c', 'c'), 'gcc -g -o ./-x ./-x.c');
  assert.equal(typed('m.f90', 'FortranFreeForm'), 'gfortran -g -o m m.f90');
  assert.equal(typed('x.txt', 'plaintext'), undefined);
  assert.equal(buildCommand('/w', [], undefined), undefined);
});

test('debug information is seen, in the file or beside it', async (context) => {
  const root = tree(context);
  put(root, 'main.c', 'int main(void) { return 0; }\n');
  const [source, plain, debug, linked] = ['main.c', 'plain', 'debug', 'linked'].map((name) => path.join(root, name)) as [string, string, string, string];
  execFileSync('gcc', ['-o', plain, source]);
  execFileSync('gcc', ['-g', '-o', debug, source]);
  execFileSync('objcopy', ['--strip-debug', `--add-gnu-debuglink=${debug}`, debug, linked]);
  assert.equal(await hasDebugInfo(plain), false);
  assert.equal(await hasDebugInfo(debug), true);
  assert.equal(await hasDebugInfo(linked), true);
  assert.equal(await hasDebugInfo(source), false);
  put(root, 'wild', (() => {
    const bytes = Buffer.from(trueProgram);
    bytes.writeBigUInt64LE(1n << 40n, 40);
    return bytes;
  })());
  assert.equal(await hasDebugInfo(path.join(root, 'wild')), false);
});
