// readMemory, writeMemory, disassemble.
import { assert, session, program, at, line } from './session.mjs';

const FILE = 'memory_layout.c';

async function mapped(dap, lines = ['mapped']) {
  await dap.launch({ program: program('memory_layout'), lines: at(FILE, ...lines) });
  const { threadId } = await dap.stopped('breakpoint');
  const frame = await dap.top(threadId);
  const address = async (expression) => `0x${BigInt(/0x[0-9a-f]+/.exec((await dap.evaluate(expression, frame.id)).result)[0]).toString(16)}`;
  return { threadId, frame, pattern: await address('&pattern'), edge: await address('(void *)edge') };
}

const bytes = (body) => Buffer.from(body.data ?? '', 'base64');

session('readMemory gives the bytes', async (dap) => {
  const { pattern } = await mapped(dap);
  const body = await dap.request('readMemory', { memoryReference: pattern, offset: 16, count: 240 });
  assert.deepEqual([...bytes(body)], Array.from({ length: 240 }, (_, i) => i + 16));
  assert.equal(BigInt(body.address), BigInt(pattern) + 16n);
  const empty = await dap.request('readMemory', { memoryReference: pattern, count: 0 });
  assert.equal(bytes(empty).length, 0);
});

session('unmapped memory is an answer with unreadableBytes', async (dap) => {
  const { edge } = await mapped(dap);
  const body = await dap.request('readMemory', { memoryReference: edge, offset: 4000, count: 200 });
  assert.equal(bytes(body).length, 96);
  assert.ok(bytes(body).every((b) => b === 0x5a));
  assert.equal(body.unreadableBytes, 104);
  const none = await dap.request('readMemory', { memoryReference: '0x10', count: 64 });
  assert.equal(bytes(none).length, 0);
  assert.equal(none.unreadableBytes, 64);
  const wrap = await dap.tryRequest('readMemory', { memoryReference: '0xffffffffffffffff', offset: 0, count: 64 });
  assert.ok(!wrap.success || wrap.body.unreadableBytes > 0);
  const big = await dap.tryRequest('readMemory', { memoryReference: edge, count: 2 ** 40 });
  assert.ok(!big.success || big.body.data.length < 2 ** 28);
});

session('writeMemory changes them and tells with a memory event', async (dap) => {
  const { pattern, edge, threadId, frame } = await mapped(dap);
  const answer = await dap.request('writeMemory', { memoryReference: pattern, offset: 16, data: Buffer.from([77]).toString('base64') });
  assert.ok((answer.bytesWritten ?? 1) === 1);
  await dap.waitFor('memory');
  assert.match((await dap.evaluate('pattern[16]', frame.id)).result, /^77/);
  assert.match(await dap.failing('writeMemory', { memoryReference: edge, offset: 4090, data: Buffer.alloc(20).toString('base64') }), /.+/);
  const partial = await dap.request('writeMemory', { memoryReference: edge, offset: 4090, data: Buffer.alloc(20).toString('base64'), allowPartial: true });
  assert.equal(partial.bytesWritten, 6);
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 77);
});

session('each stop tells of the memory that was read, by the reference that was used', async (dap) => {
  const { pattern, threadId } = await mapped(dap);
  await dap.request('readMemory', { memoryReference: pattern, offset: 16, count: 8 });
  await dap.request('readMemory', { memoryReference: pattern, offset: 16, count: 64 });
  for (const command of ['next', 'stepIn']) {
    const before = dap.events.length;
    await dap.step(command, threadId);
    await dap.waitFor('memory');
    const told = dap.events.slice(before).filter((e) => e.event === 'memory').map((e) => e.body);
    assert.deepEqual(told, [{ memoryReference: pattern, offset: 16, count: 64 }]);
  }
});

session('memory and disassembly show original bytes under breakpoints', async (dap) => {
  const { frame, threadId } = await mapped(dap, ['mapped', 'end', 'adds']);
  const reference = frame.instructionPointerReference;
  const args = { memoryReference: reference, offset: -64, count: 128 };
  const patched = bytes(await dap.request('readMemory', args));
  const rows = await dap.request('disassemble', { memoryReference: reference, instructionCount: 12 });
  await dap.setBreakpoints(Object.keys(at(FILE, 'end'))[0], []);
  assert.deepEqual(bytes(await dap.request('readMemory', args)), patched);
  assert.deepEqual(await dap.request('disassemble', { memoryReference: reference, instructionCount: 12 }), rows);
  assert.doesNotMatch(rows.instructions.map((r) => r.instruction).join('\n'), /int3/);
  assert.equal((await dap.top(threadId)).line, line(FILE, 'mapped'));
});

session('what is written under a breakpoint is there when the breakpoint goes', async (dap) => {
  const { frame } = await mapped(dap, ['mapped', 'end']);
  const { instructions } = await dap.request('disassemble', { memoryReference: frame.instructionPointerReference, instructionCount: 60, resolveSymbols: true });
  const target = instructions.find((row) => row.line === line(FILE, 'end'));
  assert.ok(target, 'a row of the last line');
  await dap.request('writeMemory', { memoryReference: target.address, data: Buffer.from([0x90]).toString('base64') });
  await dap.setBreakpoints(Object.keys(at(FILE, 'end'))[0], []);
  assert.deepEqual([...bytes(await dap.request('readMemory', { memoryReference: target.address, count: 1 }))], [0x90]);
});

session('disassemble: VS Code\'s window, with the reference where it belongs', async (dap) => {
  const { frame } = await mapped(dap);
  const reference = frame.instructionPointerReference;
  const { instructions } = await dap.request('disassemble', { memoryReference: reference, offset: 0, instructionOffset: -200, instructionCount: 400, resolveSymbols: true });
  assert.equal(instructions.length, 400);
  assert.equal(instructions[200].address, reference);
  const forward = await dap.request('disassemble', { memoryReference: reference, instructionOffset: 0, instructionCount: 100 });
  assert.deepEqual(instructions.slice(200, 300).map((r) => r.instruction), forward.instructions.map((r) => r.instruction));
  assert.ok(instructions.some((r) => /main/.test(r.symbol ?? '')));
  assert.ok(instructions.some((r) => r.line === line(FILE, 'mapped')));
  const before = instructions[199];
  assert.equal(BigInt(before.address) + BigInt(before.instructionBytes.replace(/ /g, '').length / 2), BigInt(reference));
});

session('disassemble where nothing is: rows that are invalid', async (dap) => {
  await mapped(dap);
  const { instructions } = await dap.request('disassemble', { memoryReference: '0x10', instructionOffset: -2, instructionCount: 10 });
  assert.equal(instructions.length, 10);
  assert.ok(instructions.every((r) => r.presentationHint === 'invalid'));
});
