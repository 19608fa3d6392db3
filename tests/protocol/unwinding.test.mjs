// Stacks where nothing tells how to unwind.
import { assert, session, program, at, line } from './session.mjs';

const FILE = 'assembly_frames.c';
const WRITERS = ['pushes', 'two_ways', 'two_ways', 'uses_rbp', 'has_frame'];

session('assembly without call-frame information has a caller, with its registers', async (dap) => {
  await dap.launch({ program: program('assembly_frames'), lines: at(FILE, 'in callback') });
  for (const name of WRITERS) {
    const { threadId } = await dap.stopped('breakpoint');
    const frames = await dap.stack(threadId);
    assert.deepEqual(frames.slice(0, 3).map((f) => f.name), ['callback', name, 'main']);
    const { result } = name === 'has_frame' ? { result: '4321' } : await dap.evaluate('$rbx', frames[2].id);
    assert.match(result, /^(4321|0x10e1)$/, `rbx of main behind ${name}`);
    await dap.request('continue', { threadId });
  }
  assert.equal(await dap.exited(), 0);
});

session('at each of its instructions', async (dap) => {
  await dap.launch({ program: program('assembly_frames'), lines: at(FILE, 'first') });
  const { threadId } = await dap.stopped('breakpoint');
  const seen = new Set();
  for (let frames = await dap.stack(threadId); frames[0].line !== line(FILE, 'last'); frames = await dap.stack(threadId)) {
    if (frames[0].name !== 'main') {
      assert.equal(frames[1]?.name, 'main', `the caller of ${frames[0].name} at ${frames[0].instructionPointerReference}`);
      seen.add(frames[0].name);
    }
    const { instructions: [here] } = await dap.request('disassemble', { memoryReference: frames[0].instructionPointerReference, instructionCount: 1 });
    const isLibrary = /^call/.test(here.instruction) && frames[0].name !== 'main';
    await dap.step(isLibrary ? 'next' : 'stepIn', threadId, { granularity: 'instruction' });
  }
  assert.deepEqual([...seen], [...new Set(WRITERS)]);
});
