// The same programs built by many compilers with many flags: at each stop gdb and we must see the same stack, arguments, locals and
// registers. PTDAP_MATRIX=all tries every combination.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after } from 'node:test';
import { Client, assert, session, source, temporaryFolder } from './session.mjs';
import { gdbStops } from './gdb.mjs';

const STOPS_MAX = 24;
const folder = temporaryFolder();
after(() => fs.rmSync(folder, { recursive: true, force: true }));

const languages = {
  c: { files: ['matrix_c/main.c', 'matrix_c/shapes.c', 'matrix_c/matrix.h'], compilers: ['gcc', 'clang'] },
  cpp: { files: ['matrix_cpp.cpp'], compilers: ['g++', 'clang++'] },
  rust: { files: ['matrix_rust.rs'], compilers: ['rustc'] },
};
const levels = { O0: ['-O0'], O2: ['-O2'], lto: ['-O3', '-flto'] };
const kinds = { pie: ['-fPIE', '-pie'], fixed: ['-fno-PIE', '-no-pie'], static: ['-static'] };
const rustLevels = { O0: [], O2: ['-Copt-level=2'], lto: ['-Copt-level=3', '-Clto', '-Ccodegen-units=1'] };
const rustKinds = { pie: [], fixed: ['-Crelocation-model=static'], static: ['-Ctarget-feature=+crt-static'] };

const exists = (command) => spawnSync(command, ['--version']).status === 0;
const cross = (...lists) => lists.reduce((all, list) => all.flatMap((one) => list.map((item) => [...one, item])), [[]]);

// All combinations, or (each pair of choices once) those of a Latin square.
function variants(language) {
  const { compilers } = languages[language];
  const all = cross(compilers, Object.keys(levels), Object.keys(kinds), [4, 5], [false, true]);
  if (process.env.PTDAP_MATRIX === 'all') {
    return all;
  }
  return all.filter(([compiler, level, kind, dwarf, isStripped]) => {
    const [l, k] = [Object.keys(levels).indexOf(level), Object.keys(kinds).indexOf(kind)];
    const parity = (l + k + compilers.indexOf(compiler)) % 2;
    return dwarf === 4 + parity && isStripped === ((l + 2 * k + compilers.indexOf(compiler)) % 3 === 0);
  });
}

function commandOf(language, [compiler, level, kind, dwarf], built) {
  const sources = languages[language].files.filter((file) => !file.endsWith('.h')).map(source);
  if (language === 'rust') {
    return ['-g', `-Cdebuginfo=2`, `-Zdwarf-version=${dwarf}`, ...rustLevels[level], ...rustKinds[kind], '-o', built, ...sources];
  }
  const linker = compiler.startsWith('clang') && level === 'lto' ? ['-fuse-ld=lld'] : [];
  return [`-gdwarf-${dwarf}`, ...levels[level], ...kinds[kind], ...linker, '-o', built, ...sources, '-lm'];
}

function build(language, variant) {
  const built = path.join(folder, [language, ...variant].join('-').replaceAll('+', 'p'));
  const [compiler, , , , isStripped] = variant;
  execFileSync(compiler, commandOf(language, variant, built), { stdio: 'pipe', env: { ...process.env, RUSTC_BOOTSTRAP: '1' } });
  if (isStripped) {
    execFileSync('objcopy', ['--only-keep-debug', built, `${built}.debug`]);
    execFileSync('objcopy', ['--strip-all', `--add-gnu-debuglink=${built}.debug`, built]);
  }
  return built;
}

// {path: [line]} of every line that ends in a mark.
function markedLines(language) {
  return Object.fromEntries(languages[language].files.map(source).map((file) => [file,
    fs.readFileSync(file, 'utf8').split('\n').flatMap((text, i) => (/;?.*\/\/ [a-z ]+$/i.test(text) && i > 0 ? [i + 1] : []))]));
}

// ---- stops

// Runs to each marked line; `look` is called at each stop with its number and frames.
async function runOver(dap, program, language, look) {
  const { lines } = await dap.launch({ program, cwd: folder, lines: markedLines(language), env: { PTDAP_TEST_MARK: null, LINES: null, COLUMNS: null } });
  for (let number = 0; number < STOPS_MAX; number++) {
    const event = await dap.until('stop or end', () => dap.events.find((e) => !e.isTaken && ['stopped', 'terminated'].includes(e.event)));
    if (event.event === 'terminated') {
      break;
    }
    const { threadId } = await dap.stopped('breakpoint');
    await look(number, await dap.stack(threadId));
    await dap.request('continue', { threadId });
  }
  return lines;
}

const scopesOf = async (dap, frame) => {
  const { scopes } = await dap.request('scopes', { frameId: frame.id });
  return Object.fromEntries(scopes.map((s) => [s.name, s]));
};

// ---- the same by name

// gdb writes parameters behind the name of a C++ function, and where a lambda or an `impl` is in names of its own.
function bareName(name) {
  const bare = name?.replace(/ const$/, '').replace(/(?<!operator)\((?:[^()]|\([^()]*\))*\)$/, '');
  return /lambda|\$_\d|operator\(\)/.test(bare) ? 'lambda' : bare;
}

const isSame = {
  integer: (theirs, mine) => mine.split(' ')[0] === theirs,
  pointer: (theirs, mine) => BigInt(mine.split(' ')[0].replace('nullptr', '0')) === BigInt(theirs),
  float: (theirs, mine) => Math.fround(Number(mine)) === Math.fround(Number(theirs)) || (/nan/.test(mine) && /nan/.test(theirs)),
  word: (theirs, mine) => mine.split('::').pop() === theirs.split('::').pop(),
};

// Where gdb shows a value and we rightly do not.
function isDeclared(variant, leaf, error) {
  const isByLlvm = !/^g/.test(variant[0]);
  // What LLVM says of a register holds up to the return, also where the call overwrites it: gdb shows what is in it now.
  return (isByLlvm && /not save/.test(error)) ||
    // gdb has "synthetic pointer" for these, and 0 for its scripts.
    (leaf.value === '0x0' && /not in memory|optimised out/.test(error));
}

async function compareVariables(dap, variant, frame, scopes, theirs, faults) {
  const mine = scopes.Locals ? await dap.variables(scopes.Locals) : {};
  for (const kind of ['arguments', 'locals']) {
    for (const [name, leaves] of Object.entries(theirs[kind])) {
      if (!Object.keys(leaves).length) {
        continue;
      }
      if (!mine[name]) {
        faults.push(`${kind}: no ${name} among ${Object.keys(mine)}`);
        continue;
      }
      for (const [expression, leaf] of Object.entries(leaves)) {
        const answer = await dap.tryRequest('evaluate', { expression, frameId: frame.id, context: 'watch' });
        const result = answer.success ? answer.body.result : `! ${answer.body.error.format}`;
        const isFine = /^<|^!/.test(result) ? isDeclared(variant, leaf, result) : isSame[leaf.kind](leaf.value, result);
        if (!isFine) {
          faults.push(`${expression} is ${result} (${mine[name].value}), gdb: ${leaf.value}`);
        }
      }
    }
  }
}

const KEPT = ['rbx', 'rbp', 'rsp', 'rip', 'r12', 'r13', 'r14', 'r15'];

// What a callee may have overwritten gdb shows as if it were still there; we do not. The others hold what the C library left in them (random
// numbers, the kind of the standard output), at the innermost frame.
async function compareRegisters(dap, scopes, theirs, faults) {
  const general = await dap.variables((await dap.variables(scopes.Registers)).General);
  for (const name of KEPT) {
    const value = theirs.registers[name];
    const mine = general[name].value.split(' ')[0];
    if (/^0x/.test(mine) ? mine !== value : value) {
      faults.push(`${name} is ${general[name].value}, gdb: ${value}`);
    }
  }
}

async function compareFrame(dap, variant, frame, theirs, faults) {
  const hasSource = frame.source?.path;   // else the line is one of the disassembly
  const mine = {
    name: bareName(frame.name), line: hasSource ? frame.line : 0, file: frame.source?.path ?? null, pc: frame.instructionPointerReference,
  };
  const expected = { ...theirs, name: bareName(theirs.name) };
  const isKnown = { name: theirs.name !== null, line: theirs.name !== null || theirs.file, file: theirs.name !== null || theirs.file, pc: true };
  for (const key of Object.keys(mine)) {
    if (isKnown[key] && mine[key] !== expected[key]) {
      faults.push(`${key} is ${mine[key]}, gdb: ${expected[key]}`);
    }
  }
  const scopes = await scopesOf(dap, frame);
  await compareVariables(dap, variant, frame, scopes, theirs, faults);
  await compareRegisters(dap, scopes, theirs, faults);
}

// gdb 13 does not understand rustc's DWARF 5: names come from the symbol table, without inlined functions and variables.
// With one unit (LTO) it has no lines either.
const placeOnly = ([innermost]) => [{ ...innermost, name: null, arguments: {}, locals: {} }];

async function compareStack(dap, variant, frames, theirStack) {
  const isWithoutDwarf = variant[0] === 'rustc' && variant[3] === 5;
  const theirs = isWithoutDwarf ? placeOnly(theirStack) : theirStack;
  const faults = [];
  const names = (list) => list.slice(0, theirs.length).map((f) => bareName(f.name)).join(' < ');
  if (!isWithoutDwarf && names(frames) !== names(theirs)) {
    return [`the stack is ${names(frames)}, gdb: ${names(theirs)}`];
  }
  for (const [i, frame] of theirs.entries()) {
    const found = [];
    await compareFrame(dap, variant, frames[i], frame, found);
    faults.push(...found.map((fault) => `frame ${i} ${frame.name}: ${fault}`));
  }
  return faults;
}

for (const language of Object.keys(languages)) {
  for (const variant of variants(language)) {
    const [compiler, level, kind, dwarf, isStripped] = variant;
    const name = `${language} by ${compiler} ${level} ${kind} DWARF ${dwarf}${isStripped ? ', stripped' : ''}`;
    session(name, async (dap) => {
      const built = build(language, variant);
      const pcs = [];
      const first = Client.spawn();
      const lines = await runOver(first, built, language, (number, frames) => pcs.push(frames[0].instructionPointerReference));
      await first.finish();
      const theirs = await gdbStops(built, { addresses: [...new Set(pcs)], count: pcs.length, cwd: folder });
      const faults = lines.filter((b) => !b.verified && level === 'O0').map((b) => `line ${b.line} is not verified: ${b.message}`);
      await runOver(dap, built, language, async (number, frames) => {
        const found = theirs[number] ? await compareStack(dap, variant, frames, theirs[number]) : ['gdb does not stop'];
        faults.push(...found.map((fault) => `stop ${number} at line ${frames[0].line}: ${fault}`));
      });
      assert.equal(theirs.length, pcs.length);
      assert.deepEqual(faults, []);
    }, { skip: !exists(compiler) });
  }
}
