// Signals as exceptions.
import { assert, session, program, line } from './session.mjs';

const kinds = {
  segv: ['SIGSEGV', /0x10\b/, 11], fpe: ['SIGFPE', /divi/i, 8], abort: ['SIGABRT', /abort/i, 6], ill: ['SIGILL', /.+/, 4], bus: ['SIGBUS', /.+/, 7],
};
for (const [how, [name, words, number]] of Object.entries(kinds)) {
  session(`${name}: the stop, exceptionInfo, and death when it goes on`, async (dap) => {
    await dap.launch({ program: program('faults'), args: [how] });
    const stop = await dap.stopped('exception');
    assert.match(`${stop.description} ${stop.text}`, new RegExp(name));
    const info = await dap.request('exceptionInfo', { threadId: stop.threadId });
    assert.equal(info.exceptionId, name);
    const text = JSON.stringify(info);
    assert.match(text, words);
    if (how === 'bus') {
      assert.match(text, new RegExp(`\\b${stop.threadId}\\b`), 'the sender');
    }
    const frames = await dap.stack(stop.threadId);
    const mine = frames.find((f) => f.name === 'fault');
    assert.equal(mine?.line, line('faults.c', how));
    await dap.request('continue', { threadId: stop.threadId });
    assert.equal(await dap.exited(), 128 + number);
  });
}

session('stepping at a fault stops at the fault', async (dap) => {
  await dap.launch({ program: program('faults'), args: ['segv'], stopAtBeginningOfMainSubprogram: true });
  const { threadId } = await dap.stopped();
  await dap.request('next', { threadId });
  await dap.stopped('exception');
  assert.equal((await dap.top(threadId)).line, line('faults.c', 'segv'));
});

session('the fault can be cured: the pc is moved and the program ends well', async (dap) => {
  await dap.launch({ program: program('faults'), args: ['fpe'] });
  const { threadId } = await dap.stopped('exception');
  const frame = await dap.top(threadId);
  const { instructions: [, after] } = await dap.request('disassemble', { memoryReference: frame.instructionPointerReference, instructionCount: 2 });
  await dap.evaluate(`$rip = ${after.address}`, frame.id, 'repl');
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
});
