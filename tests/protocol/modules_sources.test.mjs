// modules, loadedSources, source.
import { assert, session, program, source, at } from './session.mjs';

session('modules: the program and its libraries, with what is known of them', async (dap) => {
  await dap.launch({ program: program('loads_library'), args: [program('library_answer')], lines: at('library_answer.c', 'in library') });
  const { threadId } = await dap.stopped('breakpoint');
  const { modules, totalModules } = await dap.request('modules', {});
  assert.ok(totalModules === undefined || totalModules === modules.length);
  const main = modules.find((m) => m.path === program('loads_library'));
  assert.ok(main, modules.map((m) => m.path).join());
  assert.match(main.addressRange ?? '', /0x/);
  assert.ok(modules.some((m) => /libc\.so/.test(m.path ?? '')));
  assert.ok(modules.some((m) => m.path === program('library_answer')));
  const page = await dap.request('modules', { startModule: 1, moduleCount: 1 });
  assert.deepEqual(page.modules, modules.slice(1, 2));
  const told = dap.events.filter((e) => e.event === 'module' && e.body.reason === 'new').map((e) => e.body.module.id);
  for (const { id } of modules) {
    assert.ok(told.includes(id), `module ${id} was told`);
  }
  await dap.request('continue', { threadId });
  await dap.waitFor('module', (b) => b.reason === 'removed');
  assert.equal(await dap.exited(), 0);
});

session('loadedSources names the files of the program', async (dap) => {
  await dap.launch({ program: program('several_files'), lines: at('several_files/main.c', 'sums') });
  await dap.stopped('breakpoint');
  const { sources } = await dap.request('loadedSources', {});
  const paths = sources.map((s) => s.path);
  for (const name of ['main.c', 'list.c', 'sum.c', 'list.h']) {
    assert.ok(paths.includes(source(`several_files/${name}`)), name);
  }
  assert.equal(new Set(paths).size, paths.length);
});

session('a header line has its breakpoint in the function that includes it', async (dap) => {
  await dap.launch({ program: program('several_files'), lines: at('several_files/list.h', 'in header') });
  const { threadId } = await dap.stopped('breakpoint');
  const frames = await dap.stack(threadId);
  assert.deepEqual(frames.slice(0, 3).map((f) => [f.name, f.source.name]), [['list_is_empty', 'list.h'], ['list_sum', 'sum.c'], ['main', 'main.c']]);
});

session('a frame without source has a sourceReference whose text is its disassembly', async (dap) => {
  await dap.launch({ program: '/bin/ls', stopOnEntry: true });
  const { threadId } = await dap.stopped('entry');
  const frame = await dap.top(threadId);
  assert.ok(frame.source?.sourceReference > 0, JSON.stringify(frame));
  const { content } = await dap.request('source', { source: frame.source, sourceReference: frame.source.sourceReference });
  const lines = content.split('\n');
  assert.ok(lines.length > 3);
  assert.match(lines[frame.line - 1], new RegExp(frame.instructionPointerReference.slice(2)));
});
