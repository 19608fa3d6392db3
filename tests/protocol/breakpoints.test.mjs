// Breakpoints of every kind, set before and while the program runs.
import fs from 'node:fs';
import { assert, session, program, source, at, line, temporaryFolder } from './session.mjs';

const FILE = 'steps.c';
const goOn = (dap, threadId) => dap.request('continue', { threadId });

session('a line breakpoint stops before the line, with its id', async (dap) => {
  const { lines: [breakpoint] } = await dap.launch({ program: program('steps'), lines: at(FILE, 'in twice') });
  assert.equal(breakpoint.verified, true);
  assert.equal(breakpoint.line, line(FILE, 'in twice'));
  const stop = await dap.stopped('breakpoint');
  assert.deepEqual(stop.hitBreakpointIds, [breakpoint.id]);
  const frames = await dap.stack(stop.threadId);
  assert.deepEqual(frames.slice(0, 2).map((f) => [f.name, f.line]), [['twice', line(FILE, 'in twice')], ['main', line(FILE, 'calls twice')]]);
  assert.equal(frames[0].source.path, source(FILE));
  await goOn(dap, stop.threadId);
  assert.equal(await dap.exited(), 0);
});

session('a line without code slides to the next with code; behind the end it is not verified', async (dap) => {
  const { lines } = await dap.launch({ program: program('steps'), stopOnEntry: true,
    lines: { [source(FILE)]: [line(FILE, 'in twice') - 1, line(FILE, 'last') + 500] } });
  await dap.stopped('entry');
  assert.equal(lines[0].verified, true);
  assert.ok(lines[0].line >= line(FILE, 'in twice') - 1 && lines[0].line <= line(FILE, 'in twice'));
  assert.equal(lines[1].verified, false);
  assert.match(lines[1].message, /.+/);
});

session('recursion hits as often as it enters', async (dap) => {
  await dap.launch({ program: program('steps'), lines: at(FILE, 'test') });
  for (let n = 5; n >= 1; n--) {
    const { threadId } = await dap.stopped('breakpoint');
    const frame = await dap.top(threadId);
    assert.equal((await dap.evaluate('n', frame.id)).result, String(n));
    await goOn(dap, threadId);
  }
  assert.equal(await dap.exited(), 0);
});

session('conditions are C expressions of the frame', async (dap) => {
  await dap.launch({ program: program('steps'), lines: at(FILE, { mark: 'test', condition: 'n == 3 && n * 2 > 5' }) });
  const { threadId } = await dap.stopped('breakpoint');
  assert.equal((await dap.evaluate('n', (await dap.top(threadId)).id)).result, '3');
  await goOn(dap, threadId);
  assert.equal(await dap.exited(), 0);
});

const hitConditions = { 995: 6, '>= 998': 3, '== 7': 1, '% 250': 4, '> 999': 1, '< 3': 2, '<= 3': 3 };
for (const [hitCondition, stops] of Object.entries(hitConditions)) {
  session(`hit condition ${hitCondition} stops ${stops} times in 1000`, async (dap) => {
    await dap.launch({ program: program('counts_hits'), args: ['1000'], lines: at('counts_hits.c', { mark: 'body', hitCondition: String(hitCondition) }) });
    for (let i = 0; i < stops; i++) {
      const { threadId } = await dap.stopped('breakpoint');
      await goOn(dap, threadId);
    }
    assert.equal(await dap.exited(), 0);
  });
}

session('the hit condition counts only hits whose condition holds', async (dap) => {
  await dap.launch({ program: program('counts_hits'), args: ['100'],
    lines: at('counts_hits.c', { mark: 'body', condition: 'i % 10 == 0', hitCondition: '== 4' }) });
  const { threadId } = await dap.stopped('breakpoint');
  assert.equal((await dap.evaluate('i', (await dap.top(threadId)).id)).result, '30');
  await goOn(dap, threadId);
  assert.equal(await dap.exited(), 0);
});

session('a log message writes and does not stop', async (dap) => {
  await dap.launch({ program: program('steps'), lines: at(FILE, { mark: 'test', logMessage: 'n={n}, twice {n * 2} in {n >= 0 ? 1 : 2} words' }) });
  assert.equal(await dap.exited(), 0);
  const logs = dap.events.filter((e) => e.event === 'output' && e.body.category !== 'stdout' && /n=/.test(e.body.output));
  assert.deepEqual(logs.map((e) => e.body.output), [5, 4, 3, 2, 1].map((n) => `n=${n}, twice ${n * 2} in 1 words\n`));
  assert.equal(logs[0].body.source?.path, source(FILE));
  assert.equal(logs[0].body.line, line(FILE, 'test'));
});

session('a log message whose expression cannot be evaluated says so and goes on', async (dap) => {
  await dap.launch({ program: program('steps'), lines: at(FILE, { mark: 'in twice', logMessage: 'bad {*(int *)0} good {x}' }) });
  assert.equal(await dap.exited(), 0);
  assert.match(dap.output(), /good 21/);
});

for (const [what, fields] of Object.entries({
  'a condition that does not parse': { condition: 'n ==' }, 'a condition with an unknown name': { condition: 'nonsense > 1' },
  'a hit condition that does not parse': { hitCondition: 'often' }, 'a log message with an open brace': { logMessage: 'x {n' },
})) {
  session(`${what} is told with the breakpoint`, async (dap) => {
    const { lines: [breakpoint] } = await dap.launch({ program: program('steps'), lines: at(FILE, { mark: 'test', ...fields }) });
    assert.equal(breakpoint.verified, false);
    assert.match(breakpoint.message, /.+/);
    assert.equal(await dap.exited(), 0);
  });
}

session('a function breakpoint stops behind the prologue', async (dap) => {
  const { functions } = await dap.launch({ program: program('steps'), functions: ['twice', { name: 'factorial', condition: 'n == 1' }, 'no_such_function'] });
  assert.deepEqual(functions.map((f) => f.verified), [true, true, false]);
  const stop = await dap.stopped('function breakpoint');
  assert.deepEqual(stop.hitBreakpointIds, [functions[0].id]);
  const frame = await dap.top(stop.threadId);
  assert.deepEqual([frame.name, frame.line], ['twice', line(FILE, 'in twice')]);
  assert.equal((await dap.evaluate('x', frame.id)).result, '21');
  await goOn(dap, stop.threadId);
  const second = await dap.stopped('function breakpoint');
  assert.equal((await dap.evaluate('n', (await dap.top(second.threadId)).id)).result, '1');
  await dap.request('setFunctionBreakpoints', { breakpoints: [] });
  await goOn(dap, second.threadId);
  assert.equal(await dap.exited(), 0);
});

session('an instruction breakpoint stops at its address', async (dap) => {
  await dap.launch({ program: program('steps'), stopAtBeginningOfMainSubprogram: true });
  const { threadId } = await dap.stopped();
  const frame = await dap.top(threadId);
  const { instructions } = await dap.request('disassemble', { memoryReference: frame.instructionPointerReference, instructionCount: 6 });
  const { breakpoints } = await dap.request('setInstructionBreakpoints', { breakpoints: [
    { instructionReference: instructions[2].address }, { instructionReference: frame.instructionPointerReference,
      offset: Number(BigInt(instructions[4].address) - BigInt(frame.instructionPointerReference)) }, { instructionReference: '0x10' }] });
  assert.deepEqual(breakpoints.map((b) => b.verified), [true, true, false]);
  for (const index of [2, 4]) {
    await goOn(dap, threadId);
    await dap.stopped('instruction breakpoint');
    assert.equal((await dap.top(threadId)).instructionPointerReference, instructions[index].address);
  }
});

session('a breakpoint in a library that is loaded later is pending, then verified, then hit', async (dap) => {
  const { lines: [breakpoint] } = await dap.launch({ program: program('loads_library'), args: [program('library_answer')],
    lines: at('library_answer.c', 'in library') });
  assert.equal(breakpoint.verified, false);
  const change = await dap.waitFor('breakpoint', (b) => b.breakpoint.id === breakpoint.id && b.breakpoint.verified);
  assert.equal(change.breakpoint.line, line('library_answer.c', 'in library'));
  const stop = await dap.stopped('breakpoint');
  const frames = await dap.stack(stop.threadId);
  assert.deepEqual(frames.slice(0, 2).map((f) => f.name), ['library_answer', 'main']);
  assert.equal((await dap.evaluate('x', frames[0].id)).result, '20');
  await goOn(dap, stop.threadId);
  assert.equal(await dap.exited(), 0);
});

session('a breakpoint set while the program runs hits; one removed while it runs does not', async (dap) => {
  await dap.launch({ program: program('spins') });
  await dap.outputContains('ready');
  const [breakpoint] = await dap.setBreakpoints(source('spins.c'), [line('spins.c', 'turns')]);
  assert.equal(breakpoint.verified, true);
  const { threadId } = await dap.stopped('breakpoint');
  assert.equal((await dap.top(threadId)).line, line('spins.c', 'turns'));
  await dap.setBreakpoints(source('spins.c'), []);
  await goOn(dap, threadId);
  await dap.setBreakpoints(source('spins.c'), [{ line: line('spins.c', 'turns'), condition: 'turn < 0' }]);
  await dap.setBreakpoints(source('spins.c'), [line('spins.c', 'leaves')]);
  await dap.request('pause', { threadId });
  await dap.stopped('pause');
  await dap.request('evaluate', { expression: 'stop = 1', context: 'repl', frameId: (await spinFrame(dap, threadId)).id });
  await goOn(dap, threadId);
  await dap.stopped('breakpoint');
  await goOn(dap, threadId);
  assert.equal(await dap.exited(), 0);
});

async function spinFrame(dap, threadId) {
  return (await dap.stack(threadId)).find((f) => f.name === 'main');
}

session('breakpoints change at a stop: what is removed is not hit', async (dap) => {
  await dap.launch({ program: program('steps'), lines: at(FILE, 'in twice', 'test', 'prints') });
  const { threadId } = await dap.stopped('breakpoint');
  await dap.setBreakpoints(source(FILE), [line(FILE, 'prints')]);
  await goOn(dap, threadId);
  await dap.stopped('breakpoint');
  assert.equal((await dap.top(threadId)).line, line(FILE, 'prints'));
  await goOn(dap, threadId);
  assert.equal(await dap.exited(), 0);
});

session('the same breakpoint keeps its id when the list is set again', async (dap) => {
  const { lines: [first] } = await dap.launch({ program: program('steps'), lines: at(FILE, 'in twice'), stopOnEntry: true });
  await dap.stopped('entry');
  const again = await dap.setBreakpoints(source(FILE), [line(FILE, 'in twice'), line(FILE, 'prints')]);
  assert.equal(again[0].id, first.id);
  assert.notEqual(again[1].id, first.id);
});

session('two breakpoints at one place both count as hit', async (dap) => {
  const { lines, functions } = await dap.launch({ program: program('steps'), lines: at(FILE, 'in twice'), functions: ['twice'] });
  const stop = await dap.stopped();
  assert.deepEqual([...stop.hitBreakpointIds].sort((a, b) => a - b), [lines[0].id, functions[0].id].sort((a, b) => a - b));
});

session('breakpointLocations tells the lines with code', async (dap) => {
  await dap.launch({ program: program('steps'), stopOnEntry: true });
  await dap.stopped('entry');
  const { breakpoints } = await dap.request('breakpointLocations', { source: { path: source(FILE) }, line: line(FILE, 'test') - 2,
    endLine: line(FILE, 'multiplies') + 1 });
  const lines = new Set(breakpoints.map((b) => b.line));
  for (const mark of ['test', 'bottom', 'recurses', 'multiplies']) {
    assert.ok(lines.has(line(FILE, mark)), mark);
  }
  const single = await dap.request('breakpointLocations', { source: { path: source(FILE) }, line: 2 });
  assert.deepEqual(single.breakpoints, []);
});

session('a source path through a symbolic link finds its breakpoint, and is given back', async (dap) => {
  const folder = temporaryFolder();
  const link = `${folder}/linked.c`;
  fs.symlinkSync(source(FILE), link);
  const { lines: [breakpoint] } = await dap.launch({ program: program('steps'), lines: { [link]: [line(FILE, 'in twice')] } });
  assert.equal(breakpoint.verified, true);
  const { threadId } = await dap.stopped('breakpoint');
  assert.equal((await dap.top(threadId)).source.path, link);
  fs.rmSync(folder, { recursive: true });
});

session('inlined and optimised code: a breakpoint in -O2 code hits', async (dap) => {
  await dap.launch({ program: program('steps-O2'), lines: at(FILE, 'prints') });
  const { threadId } = await dap.stopped('breakpoint');
  assert.equal((await dap.top(threadId)).line, line(FILE, 'prints'));
});

session('a breakpoint in every thread: each thread hits it once', async (dap) => {
  await dap.launch({ program: program('churns_threads'), args: ['60', '6'], lines: at('churns_threads.c', 'passes') });
  const seen = new Set();
  for (let i = 0; i < 60; i++) {
    const { threadId } = await dap.stopped('breakpoint');
    seen.add(threadId);
    await goOn(dap, threadId);
  }
  assert.equal(await dap.exited(), 0);
  assert.equal(dap.output('stdout').trim(), 'passed 60');
  assert.equal(seen.size, 60);
});

session('a line that no file has is refused, not moved', async (dap) => {
  await dap.launch({ program: program('steps'), stopOnEntry: true });
  await dap.stopped('entry');
  const path = Object.keys(at('steps.c', 'in twice'))[0];
  for (const breakpoint of await dap.setBreakpoints(path, [0, -1, 1e10])) {
    assert.equal(breakpoint.verified, false);
    assert.match(breakpoint.message, /line/);
  }
});

// matrix_c has two static functions `helper`, of different parameters.
for (const [condition, file] of [['number == 2', 'matrix_c/main.c'], ['point && times == 2', 'matrix_c/shapes.c']]) {
  session(`a condition counts where it has a meaning (${condition})`, async (dap) => {
    const { functions: [breakpoint] } = await dap.launch({ program: program('matrix_c'), functions: [{ name: 'helper', condition }] });
    assert.equal(breakpoint.verified, true, breakpoint.message);
    for (;;) {
      const { event } = await dap.until('stop or end', () => dap.events.find((e) => !e.isTaken && ['stopped', 'terminated'].includes(e.event)));
      if (event === 'terminated') {
        break;
      }
      const { threadId } = await dap.stopped('function breakpoint');
      assert.equal((await dap.top(threadId)).source.path, source(file));
      await goOn(dap, threadId);
    }
    assert.doesNotMatch(dap.output('console'), /condition/);
    assert.ok(dap.has('stopped'));
  });
}

session('a condition that has a meaning nowhere is refused', async (dap) => {
  const { functions: [breakpoint] } = await dap.launch({ program: program('matrix_c'), functions: [{ name: 'helper', condition: 'nothing' }] });
  assert.equal(breakpoint.verified, false);
  assert.match(breakpoint.message, /no symbol "nothing"/);
});

session('a function that no module has yet is waited for, and that is said', async (dap) => {
  const { functions: [breakpoint] } = await dap.launch({ program: program('steps'), functions: ['printf'] });
  assert.equal(breakpoint.verified, false);
  assert.match(breakpoint.message, /waits for a library/);
  const { breakpoint: changed } = await dap.waitFor('breakpoint', (b) => b.breakpoint.id === breakpoint.id);
  assert.equal(changed.verified, true);
  await dap.stopped('function breakpoint');
});

session('braces in a log message are written twice or behind a backslash', async (dap) => {
  await dap.launch({ program: program('steps'), lines: at(FILE, { mark: 'in twice', logMessage: '{{{x}}} \\{x\\} \\n {x}' }) });
  assert.equal(await dap.exited(), 0);
  assert.match(dap.output('console'), /^\{21\} \{x\} \\n 21$/m);
});
