// Debug information that is not all in the program: .dwo files, .dwp packages, dwz, compressed sections, .gnu_debugdata. What a user sees
// must be what the same compiler's ordinary build shows.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { assert, session, at, source, temporaryFolder } from './session.mjs';

const has = (tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;

function run(command, args, options = {}) {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 60000, ...options });
  assert.equal(status, 0, `${command} ${args.join(' ')}: ${stderr}`);
}

// Compiles each source by itself, as build systems do, in `folder`; the program's path.
function build(folder, compiler, flags, sources, name = 'program') {
  const objects = sources.map((file) => {
    const object = `${path.basename(file).replace(/\..*/, '')}.o`;
    run(compiler, [...flags, '-c', source(file), '-o', object], { cwd: folder });
    return object;
  });
  run(compiler, ['-o', name, ...objects], { cwd: folder });
  return path.join(folder, name);
}

const withoutAddresses = (text) => text.replace(/ptdap-test-\w+/g, 'folder').replace(/0x[0-9a-f]{6,}/g, '0x').replace(/-?\d{9,}/g, 'N');

// All that the scopes of all frames of the program say, two levels deep.
// g++ describes other constants of the library when it splits: of the globals the file's own count.
async function everything(dap, program, file, mark) {
  const { lines } = await dap.launch({ program, lines: at(file, mark) });
  assert.equal(lines[0].verified, true);
  const { threadId } = await dap.stopped('breakpoint');
  const told = [];
  for (const frame of (await dap.stack(threadId)).filter((f) => f.source?.path?.includes('/programs/'))) {
    told.push(`${frame.name} ${path.basename(frame.source.path)}:${frame.line}`);
    const { scopes } = await dap.request('scopes', { frameId: frame.id });
    for (const scope of scopes.filter((s) => s.name !== 'Registers')) {
      for (const variable of (await dap.children(scope)).filter((v) => !/^__|::__|^std::/.test(v.name))) {
        told.push(withoutAddresses(`${scope.name} ${variable.name}: ${variable.type} = ${variable.value}`));
        const isShown = variable.variablesReference && !/hostile|bad_/.test(variable.name);
        for (const child of isShown ? await dap.children(variable, { start: 0, count: 20 }) : []) {
          told.push(withoutAddresses(`  ${child.name}: ${child.type} = ${child.value}`));
        }
      }
    }
  }
  return told;
}

const programs = {
  c: { files: ['several_files/main.c', 'several_files/list.c', 'several_files/sum.c'], stop: ['several_files/list.h', 'in header'], compilers: ['gcc', 'clang'] },
  'c++': { files: ['real_values.cpp'], stop: ['real_values.cpp', 'looks'], compilers: ['g++', 'clang++'] },
  optimised: { files: ['real_optimised.c', 'several_files/list.c'], stop: ['real_optimised.c', 'came up'], compilers: ['gcc', 'clang'] },
};
const plain = {};

for (const [kind, { files, stop, compilers }] of Object.entries(programs)) {
  for (const compiler of compilers) {
    for (const version of [4, 5]) {
      const flags = ['-g', `-gdwarf-${version}`, kind === 'optimised' ? '-O2' : '-O0', ...(kind === 'c++' ? ['-std=c++17', '-fdebug-types-section'] : [])];
      const packer = version === 5 ? 'llvm-dwp' : 'dwp';
      const title = `${kind} by ${compiler}, DWARF ${version}`;
      const skip = !has(compiler);
      const id = `${kind} ${compiler} ${version}`;
      session(`${title}, in the program`, async (dap) => {
        const folder = temporaryFolder();
        plain[id] = await everything(dap, build(folder, compiler, flags, files), ...stop);
        assert.ok(plain[id].length > 5);
      }, { skip });
      session(`${title}, in .dwo files`, async (dap) => {
        const folder = temporaryFolder();
        const told = await everything(dap, build(folder, compiler, [...flags, '-gsplit-dwarf'], files), ...stop);
        assert.deepEqual(told, plain[id]);
      }, { skip });
      session(`${title}, in a .dwp`, async (dap) => {
        const folder = temporaryFolder();
        const program = build(folder, compiler, [...flags, '-gsplit-dwarf'], files);
        run(packer, ['-e', program, '-o', `${program}.dwp`], { cwd: folder });
        for (const name of fs.readdirSync(folder).filter((n) => n.endsWith('.dwo'))) {
          fs.unlinkSync(path.join(folder, name));
        }
        assert.deepEqual(await everything(dap, program, ...stop), plain[id]);
        // gold's dwp knows DWARF 4 alone, and llvm-dwp 14 does not come to an end with DWARF 5 by gcc.
      }, { skip: skip || !has(packer) || (version === 5 && compiler.startsWith('g')) });
    }
  }
}

// As Fedora does it: the symbols that .dynsym lacks, in a section packed by xz.
// gcc lets the assembler relocate what DW_OP_implicit_pointer names, and objcopy forgets that: the plain number is what DWARF wants there.
for (const version of [4, 5]) {
  session(`pointers to objects taken apart, DWARF ${version} in .dwo files`, async (dap) => {
    const folder = temporaryFolder();
    const flags = ['-g', `-gdwarf-${version}`, '-O2', '-gsplit-dwarf'];
    run('gcc', [...flags, '-c', source('several_files/list.c')], { cwd: folder });   // a unit before, so that its place in the file counts
    run('gcc', [...flags, '-S', source('parts_of_objects.c')], { cwd: folder });
    const assembly = path.join(folder, 'parts_of_objects.s');
    const fixed = fs.readFileSync(assembly, 'utf8').replace(/(\.byte\t0x(?:f2|a0)\n\t\.long\t)\.Ldebug_info0\+(\d+)/g, '$1$2');
    fs.writeFileSync(assembly, fixed);
    run('gcc', ['-c', 'parts_of_objects.s'], { cwd: folder });
    run('objcopy', ['--extract-dwo', 'parts_of_objects.o', 'parts_of_objects.dwo'], { cwd: folder });
    run('objcopy', ['--strip-dwo', 'parts_of_objects.o'], { cwd: folder });
    run('gcc', ['-o', 'program', 'list.o', 'parts_of_objects.o'], { cwd: folder });
    await dap.launch({ program: path.join(folder, 'program'), lines: at('parts_of_objects.c', 'in look') });
    const { threadId } = await dap.stopped('breakpoint');
    const frame = await dap.top(threadId);
    assert.equal((await dap.evaluate('*pair', frame.id)).result, '{first = 1, second = 2}');
    assert.equal((await dap.evaluate('*number', frame.id)).result, '7');
  }, { skip: !has('objcopy') });
}

session('functions that only .gnu_debugdata names', async (dap) => {
  const folder = temporaryFolder();
  build(folder, 'gcc', ['-O2', '-fno-inline'], programs.c.files, 'full');
  const script = `
    nm full --format=posix --defined-only | awk '$2 == "t" || $2 == "T" { print $1 }' > keep
    objcopy --only-keep-debug full full.debug && objcopy --keep-symbols=keep full.debug mini && xz -kf mini
    cp full program && strip -s program && objcopy --add-section .gnu_debugdata=mini.xz program`;
  run('sh', ['-ec', script], { cwd: folder });
  const { functions } = await dap.launch({ program: path.join(folder, 'program'), functions: ['list_sum'] });
  assert.equal(functions[0].verified, true);
  const { threadId } = await dap.stopped('function breakpoint');
  const [inner, outer] = await dap.stack(threadId);
  assert.deepEqual([inner.name, outer.name], ['list_sum', 'main']);
}, { skip: !has('xz') || !has('objcopy') });

for (const kind of ['zlib', 'zlib-gnu']) {
  session(`sections compressed by ${kind}`, async (dap) => {
    const folder = temporaryFolder();
    const told = await everything(dap, build(folder, 'gcc', ['-g', '-gdwarf-5', '-O0', `-gz=${kind}`], programs.c.files), ...programs.c.stop);
    assert.deepEqual(told, plain['c gcc 5']);
  });
}

session('units that dwz moved into a file of their own', async (dap) => {
  const folder = temporaryFolder();
  const flags = ['-g', '-gdwarf-4', '-O0', '-std=c++17'];
  const [one, two] = ['one', 'two'].map((name) => build(folder, 'g++', flags, programs['c++'].files, name));
  run('dwz', ['-m', 'shared.dwz', one, two], { cwd: folder });
  const some = (lines) => lines.filter((text) => /Locals (ages|small|mode|owned|hashed)/.test(text));
  const told = some(await everything(dap, two, ...programs['c++'].stop));
  assert.equal(told.length, 5);
  assert.deepEqual(told, some(plain['c++ g++ 4']));
}, { skip: !has('dwz') });

session('a .dwo that is nowhere is named, and the rest works', async (dap) => {
  const folder = temporaryFolder();
  const program = build(folder, 'gcc', ['-g', '-O0', '-gsplit-dwarf'], programs.c.files);
  fs.unlinkSync(path.join(folder, 'list.dwo'));
  await dap.launch({ program, lines: at('several_files/sum.c', 'adds') });
  const { threadId } = await dap.stopped('breakpoint');
  assert.equal((await dap.top(threadId)).name, 'list_sum');
  const { modules } = await dap.request('modules');
  assert.match(modules.find((m) => m.path === program).symbolStatus, /1 of 3 units is missing, as list\.dwo/);
});
