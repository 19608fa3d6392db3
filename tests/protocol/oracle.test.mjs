// The same stop in gdb: locals, stacks and registers must agree.
import { assert, session, program, at, line } from './session.mjs';
import { gdb, parseBacktrace, parseLocals, parseRegisters } from './gdb.mjs';

const where = (file, mark) => `${file.split('/').pop()}:${line(file, mark)}`;

async function stopAt(dap, name, file, mark, options = {}) {
  await dap.launch({ program: program(name), lines: at(file, mark), ...options });
  const { threadId } = await dap.stopped('breakpoint');
  return { threadId, frames: await dap.stack(threadId) };
}

const stacks = [['steps', 'steps.c', 'bottom', 1], ['steps-static', 'steps.c', 'bottom', 1], ['steps-noframe', 'steps.c', 'bottom', 1],
  ['steps-dwarf4', 'steps.c', 'in twice', 1], ['steps-O2', 'steps.c', 'prints', 1], ['several_files', 'several_files/list.h', 'in header', 1],
  ['takes_signals', 'takes_signals.c', 'in handler', 1], ['calls_deeply', 'calls_deeply.c', 'bottom', 1]];
for (const [name, file, mark] of stacks) {
  session(`the stack of ${name} at "${mark}"`, async (dap) => {
    const options = name === 'calls_deeply' ? { args: ['300'] } : {};
    const { frames } = await stopAt(dap, name, file, mark, options);
    const text = await gdb(program(name), where(file, mark), [...(name === 'takes_signals' ? ['handle SIGUSR1 nostop noprint'] : []), 'backtrace'], options);
    const theirs = parseBacktrace(text).filter((f) => !f.name.startsWith('<'));
    const depth = theirs.findIndex((f) => f.name === 'main') + 1;
    assert.ok(depth > 0, text);
    const mine = frames.filter((f) => !/signal handler/.test(f.name)).slice(0, depth);
    // Which of several lines an optimised instruction belongs to is a matter of taste.
    if (name === 'steps-noframe') {
      mine[0].line = theirs[0].line;
    }
    const short = (f) => f.name.replace(/\(.*/, '').replace(/^.*::/, '').replace(/^__GI_/, '');
    assert.deepEqual(mine.filter((f) => f.source?.path?.includes('/programs/')).map((f) => [short(f), f.line]),
      theirs.slice(0, depth).filter((f) => f.line !== undefined && mine.some((m) => short(m) === f.name && m.source?.path?.includes('/programs/')))
        .map((f) => [f.name, f.line]));
  });
}

session('integers, pointers and enums of every kind of variable', async (dap) => {
  const { frames } = await stopAt(dap, 'variable_kinds', 'variable_kinds.c', 'all alive');
  const names = ['small', 'byte', 'half', 'whole', 'wide', 'huge', 'count', 'fixed', 'spin', 'bits.low', 'bits.middle', 'bits.high', 'number.whole',
    'nested.corner[1].y', 'nested.inner', 'grid[1][2]', 'variable[3]', 'origin.x', 'where->y', 'third.y', 'global_count', 'big[500]'];
  const text = await gdb(program('variable_kinds'), where('variable_kinds.c', 'all alive'), names.map((n) => `print ${n}`));
  const theirs = [...text.matchAll(/^\$\d+ = (.*)$/gm)].map((m) => m[1]);
  assert.equal(theirs.length, names.length, text);
  for (const [i, name] of names.entries()) {
    const { result } = await dap.evaluate(name, frames[0].id);
    assert.equal(result.split(" ")[0], theirs[i].split(" ")[0], name);
  }
});

session('locals of a function', async (dap) => {
  const { frames } = await stopAt(dap, 'steps', 'steps.c', 'multiplies');
  const theirs = parseLocals(await gdb(program('steps'), where('steps.c', 'multiplies'), ['info locals', 'info args']));
  const mine = await dap.locals(frames[0].id);
  assert.deepEqual(Object.fromEntries(Object.entries(mine).map(([k, v]) => [k, v.value])), theirs);
});

session('general registers', async (dap) => {
  const { frames } = await stopAt(dap, 'steps-static', 'steps.c', 'in twice', { env: { LINES: null, COLUMNS: null } });
  const theirs = parseRegisters(await gdb(program('steps-static'), where('steps.c', 'in twice'), ['info registers']));
  const groups = await dap.variables(await dap.scope(frames[0].id, 'Registers'));
  const mine = await dap.variables(Object.values(groups).find((g) => /^General/.test(g.name)));
  const isStack = (value) => value > 0x7ff000000000n;   // differs with the environment
  let compared = 0;
  for (const [name, value] of Object.entries(theirs)) {
    if (mine[name] && /^r/.test(name) && !isStack(value)) {
      assert.equal(BigInt(mine[name].value.split(' ')[0]), value, name);
      compared++;
    }
  }
  assert.ok(compared >= 6, `${compared} compared`);
});

session('registers of the caller, as unwound', async (dap) => {
  const { frames } = await stopAt(dap, 'steps-static', 'steps.c', 'in twice');
  const theirs = parseRegisters(await gdb(program('steps-static'), where('steps.c', 'in twice'), ['up', 'info registers rip']));
  assert.equal(BigInt(frames[1].instructionPointerReference), theirs.rip);
});
