// next, stepIn, stepOut, instruction by instruction.
import { assert, session, program, at, line } from './session.mjs';

const FILE = 'steps.c';

async function startAt(dap, mark, options = {}) {
  await dap.launch({ program: program('steps'), lines: at(FILE, mark), ...options });
  const { threadId } = await dap.stopped('breakpoint');
  await dap.setBreakpoints(Object.keys(at(FILE, mark))[0], []);
  return threadId;
}

// Each command in turn, and the mark it must lead to.
async function walk(dap, threadId, steps, file = FILE) {
  for (const [command, mark] of steps) {
    const [stop, frame] = await dap.step(command, threadId);
    assert.equal(stop.threadId, threadId);
    assert.equal(frame.line, line(file, mark), `${command} leads to "${mark}", not line ${frame.line}`);
  }
}

for (const variant of ['steps', 'steps-dwarf4', 'steps-static']) {
  session(`next goes over calls, recursion and loops on one line (${variant})`, async (dap) => {
    const thread = await startAt(dap, 'first', { program: program(variant) });
    await walk(dap, thread, [['next', 'calls twice'], ['next', 'calls factorial'], ['next', 'one line loop'], ['next', 'after loop'],
      ['next', 'sets'], ['next', 'calls jumps'], ['next', 'sets']].slice(0, 6));
  });

  session(`stepIn enters, stepOut returns (${variant})`, async (dap) => {
    const thread = await startAt(dap, 'calls twice', { program: program(variant) });
    await walk(dap, thread, [['stepIn', 'in twice'], ['next', 'end of twice']]);
    const [, frame] = await dap.step('stepOut', thread);
    assert.equal(frame.name, 'main');
    assert.equal(frame.line, line(FILE, 'calls twice'));
    await walk(dap, thread, [['next', 'calls factorial']]);
  });
}

session('next at the end of a function returns to the caller', async (dap) => {
  const thread = await startAt(dap, 'end of twice');
  let frame;
  for (let i = 0; i < 3 && frame?.name !== 'main'; i++) {
    [, frame] = await dap.step('next', thread);
  }
  assert.equal(frame.name, 'main');
});

session('stepIn steps over functions without source', async (dap) => {
  const thread = await startAt(dap, 'after loop');
  await walk(dap, thread, [['stepIn', 'sets']]);
});

session('next in recursion stays in its own frame', async (dap) => {
  const thread = await startAt(dap, 'recurses');
  const depth = (await dap.stack(thread)).length;
  const [, frame] = await dap.step('next', thread);
  assert.equal(frame.line, line(FILE, 'multiplies'));
  assert.equal((await dap.stack(thread)).length, depth);
  assert.equal((await dap.evaluate('rest', frame.id)).result, '24');
});

session('a breakpoint within a stepped-over call ends the step, at that breakpoint', async (dap) => {
  await dap.launch({ program: program('steps'), lines: at(FILE, 'calls twice', 'in twice', 'prints') });
  const { threadId } = await dap.stopped('breakpoint');
  await dap.request('next', { threadId });
  const stop = await dap.stopped('breakpoint');
  assert.equal((await dap.top(stop.threadId)).line, line(FILE, 'in twice'));
  await dap.request('continue', { threadId });
  await dap.stopped('breakpoint');
  assert.equal((await dap.top(threadId)).line, line(FILE, 'prints'));
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
});

session('steps from a breakpoint to a breakpoint are reported once', async (dap) => {
  await dap.launch({ program: program('steps'), lines: at(FILE, 'first', 'calls twice', 'calls factorial') });
  const { threadId } = await dap.stopped('breakpoint');
  for (const mark of ['calls twice', 'calls factorial', 'one line loop']) {
    await dap.request('next', { threadId });
    await dap.stopped();
    assert.equal((await dap.top(threadId)).line, line(FILE, mark));
  }
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
});

session('a breakpoint with a false condition does not disturb a step', async (dap) => {
  await dap.launch({ program: program('steps'), lines: at(FILE, 'calls factorial', { mark: 'test', condition: 'n == 77' }) });
  const { threadId } = await dap.stopped('breakpoint');
  await walk(dap, threadId, [['next', 'one line loop']]);
});

session('longjmp out of a stepped-over call ends the step where it lands', async (dap) => {
  const thread = await startAt(dap, 'calls jumps');
  const [, frame] = await dap.step('next', thread);
  assert.equal(frame.name, 'main');
  assert.ok([line(FILE, 'sets'), line(FILE, 'landed')].includes(frame.line), `line ${frame.line}`);
});

session('stepOut tells the returned value', async (dap) => {
  const thread = await startAt(dap, 'in twice');
  await dap.request('stepOut', { threadId: thread });
  const stop = await dap.stopped('step');
  const frame = await dap.top(thread);
  const { scopes } = await dap.request('scopes', { frameId: frame.id });
  const shown = [];
  for (const scope of scopes.filter((s) => !s.expensive)) {
    shown.push(...(await dap.children(scope)).map((v) => `${v.name}=${v.value}`));
  }
  const texts = [stop.text ?? '', stop.description ?? '', ...shown, dap.output()];
  assert.ok(texts.some((text) => /\b42\b/.test(text)), `42 in ${JSON.stringify(texts)}`);
});

session('instruction steps go instruction by instruction', async (dap) => {
  const thread = await startAt(dap, 'first');
  let address = BigInt((await dap.top(thread)).instructionPointerReference);
  const { instructions } = await dap.request('disassemble', { memoryReference: `0x${address.toString(16)}`, instructionCount: 4 });
  for (let i = 1; i < 4 && !/^(j|call|ret)/.test(instructions[i - 1].instruction); i++) {
    const [, frame] = await dap.step('next', thread, { granularity: 'instruction' });
    address = BigInt(frame.instructionPointerReference);
    assert.equal(address, BigInt(instructions[i].address));
  }
});

session('next by instruction goes over a call, stepIn into it', async (dap) => {
  const thread = await startAt(dap, 'calls twice');
  for (let i = 0; i < 20; i++) {
    const frame = await dap.top(thread);
    const { instructions: [here, after] } = await dap.request('disassemble', { memoryReference: frame.instructionPointerReference, instructionCount: 2 });
    if (/^call/.test(here.instruction)) {
      const [, inside] = await dap.step('stepIn', thread, { granularity: 'instruction' });
      assert.equal(inside.name, 'twice');
      const [, back] = await dap.step('stepOut', thread, { granularity: 'instruction' });
      assert.equal(back.instructionPointerReference, after.address);
      return;
    }
    await dap.step('next', thread, { granularity: 'instruction' });
  }
  assert.fail('no call on the line');
});

session('a signal that is passed on does not lose the step', async (dap) => {
  await dap.launch({ program: program('takes_signals'), lines: at('takes_signals.c', 'sends') });
  const { threadId } = await dap.stopped('breakpoint');
  await walk(dap, threadId, [['next', 'after'], ['next', 'raises'], ['next', 'prints']], 'takes_signals.c');
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
  assert.match(dap.output('stdout'), /^10 20\r?\n$/);
});

session('the backtrace goes through a signal frame', async (dap) => {
  await dap.launch({ program: program('takes_signals'), lines: at('takes_signals.c', 'in handler') });
  const { threadId } = await dap.stopped('breakpoint');
  const names = (await dap.stack(threadId)).map((f) => f.name);
  assert.equal(names[0], 'handler');
  assert.ok(names.includes('main'), names.join(' '));
  const [, frame] = await dap.step('stepOut', threadId);
  assert.notEqual(frame.name, 'handler');
});

session('a step that runs to the end of the program ends the session', async (dap) => {
  const thread = await startAt(dap, 'last');
  for (let i = 0; i < 5 && !dap.has('exited'); i++) {
    const answer = await dap.tryRequest('next', { threadId: thread });
    if (!answer.success) {
      break;
    }
    await dap.until('stop or end', () => dap.has('exited') || dap.events.some((e) => e.event === 'stopped' && !e.isTaken));
    dap.events.forEach((e) => {
      e.isTaken ||= e.event === 'stopped';
    });
  }
  if (!dap.has('exited')) {
    await dap.request('continue', { threadId: thread });
  }
  assert.equal(await dap.exited(), 0);
});

session('100 steps in a row over a loop of several lines', async (dap) => {
  await dap.launch({ program: program('counts_hits'), args: ['1000'], lines: at('counts_hits.c', 'body') });
  const { threadId } = await dap.stopped('breakpoint');
  await dap.setBreakpoints(Object.keys(at('counts_hits.c', 'body'))[0], []);
  const seen = new Set();
  for (let i = 0; i < 100; i++) {
    const [, frame] = await dap.step('next', threadId);
    seen.add(frame.line);
  }
  assert.deepEqual([...seen].sort((a, b) => a - b), [line('counts_hits.c', 'body') - 1, line('counts_hits.c', 'body')]);
});

session('C++ and Rust: lines, stacks and steps', async (dap) => {
  await dap.launch({ program: program('shapes'), lines: at('shapes.cpp', 'measures') });
  const { threadId } = await dap.stopped('breakpoint');
  await walk(dap, threadId, [['stepIn', 'in area']], 'shapes.cpp');
  const names = (await dap.stack(threadId)).map((f) => f.name);
  assert.match(names[0], /geometry::box<int>::area/);
  assert.match(names[1], /^measure/);
  assert.ok(names.some((n) => /main/.test(n)));
});

// The compiler moves an instruction of an inlined function that is called later right behind a call.
session('back in the caller a step does not end in the middle of an inlined function that was not called yet', async (dap) => {
  await dap.launch({ program: program('step_hoisted'), lines: at('step_hoisted.c', 'in first') });
  const { threadId } = await dap.stopped('breakpoint');
  let frame = await dap.top(threadId);
  while (frame.name === 'first') {
    [, frame] = await dap.step('next', threadId);
  }
  assert.equal(frame.name, 'main');
  assert.ok([line('step_hoisted.c', 'calls first'), line('step_hoisted.c', 'calls later')].includes(frame.line), `line ${frame.line}`);
});

session('nor does a step out', async (dap) => {
  await dap.launch({ program: program('step_hoisted'), lines: at('step_hoisted.c', 'in first') });
  const { threadId } = await dap.stopped('breakpoint');
  const [, frame] = await dap.step('stepOut', threadId);
  assert.equal(frame.name, 'main');
});
