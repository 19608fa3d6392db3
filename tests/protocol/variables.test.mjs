// Values of every kind, their children, changing them, and expressions.
import fs from 'node:fs';
import { assert, session, program, at } from './session.mjs';

const FILE = 'variable_kinds.c';

async function atAll(dap) {
  await dap.launch({ program: program('variable_kinds'), lines: at(FILE, 'all alive') });
  const { threadId } = await dap.stopped('breakpoint');
  return { threadId, frame: await dap.top(threadId) };
}

session('the value of every kind of variable', async (dap) => {
  const { frame } = await atAll(dap);
  const locals = await dap.locals(frame.id);
  const values = {
    small: /^-5\b/, byte: /^200\b/, half: /^-1234$/, whole: /^4000000000$/, wide: /^-1$/, huge: /^18446744073709551615$/,
    real: /^1\.5$/, precise: /^-0\.1\d*$/, extended: /^2\.25$/, yes: /^true$/, colour: /^GREEN\b/, odd: /77/, letter: /65|'A'/,
    text: /"hi\\n\\"x"/, nothing: /^(0x0|NULL|nullptr)/, origin: /^\{x = 3, y = 4\}$/, where: /^0x[0-9a-f]+/, named: /^\{x = 5, y = 6\}$/,
    bits: /low = 5, middle = -3, high = 549755813888/, op: /negate/, fixed: /^11$/, giant: /1267650600228229401496703205376|0x1000{24}/,
    grid: /1, 2, 3/, number: /real = 1/, z: /1.*2/, count: /^4$/, any: /^0x/,
  };
  for (const [name, pattern] of Object.entries(values)) {
    assert.match(locals[name]?.value ?? '(missing)', pattern, name);
  }
  assert.equal(locals.origin.type, 'struct point');
  assert.equal(locals.whole.type, 'unsigned int');
  assert.match(locals.named.type, /place/);
  assert.match(locals.where.type, /struct point ?\*/);
  assert.match(locals.broad.value, /w\u00e4|119, 228, 0/);
});

session('arguments come first among the locals, in the one scope that an editor opens by itself', async (dap) => {
  const { threadId } = await atAll(dap);
  const [top, main] = await dap.stack(threadId);
  for (const frame of [top, main]) {
    const { scopes } = await dap.request('scopes', { frameId: frame.id });
    assert.deepEqual(scopes.map(({ name, presentationHint, expensive }) => [name, presentationHint, expensive]),
      [['Locals', 'locals', false], ['Globals', 'globals', true], ['Registers', 'registers', true]]);
  }
  const names = (await dap.children(await dap.scope(top.id, 'Locals'))).map(({ name }) => name);
  assert.match(names[0], /^first \(line \d+\)$/);
  assert.deepEqual(names.slice(1, 3), ['second', 'third']);
  assert.ok(names.indexOf('first') > 2 && names.includes('origin'), 'the local of this name comes with the locals');
});

session('a shadowed name is unique among its siblings, the innermost counts', async (dap) => {
  const { frame } = await atAll(dap);
  assert.equal((await dap.evaluate('first', frame.id)).result, '99');
  const args = await dap.locals(frame.id);
  assert.equal(Object.values(args).find((v) => /^first\b/.test(v.name))?.value, '42');
  assert.match(args.second.value, /"file static"/);
  assert.equal(args.third.value, '{x = 1, y = 2}');
});

session('children: members, elements, pointees', async (dap) => {
  const { frame } = await atAll(dap);
  const locals = await dap.locals(frame.id);
  const origin = await dap.variables(locals.origin);
  assert.deepEqual(Object.keys(origin), ['x', 'y']);
  const nested = await dap.variables(locals.nested);
  assert.equal((await dap.children(nested.corner)).length, 2);
  const next = await dap.variables(nested.next);
  const again = next['*next'] ? await dap.variables(next['*next']) : next;
  assert.match(again.name.value, /"leaf"/);
  const rows = await dap.children(locals.grid);
  assert.equal(rows.length, 2);
  assert.deepEqual((await dap.children(rows[1])).map((v) => v.value), ['4', '5', '6']);
  assert.deepEqual((await dap.children(locals.variable)).map((v) => v.value), ['0', '1', '4', '9']);
  assert.ok(!locals.whole.variablesReference);
});

session('evaluateName of everything gives the same value', async (dap) => {
  const { frame } = await atAll(dap);
  let checked = 0;
  const visit = async (variable, depth) => {
    if (variable.evaluateName) {
      const again = await dap.evaluate(variable.evaluateName, frame.id, 'variables');
      assert.equal(again.result, variable.value, variable.evaluateName);
      checked++;
    }
    if (variable.variablesReference && depth < 2 && !(variable.indexedVariables > 100)) {
      for (const child of await dap.children(variable)) {
        await visit(child, depth + 1);
      }
    }
  };
  for (const variable of await dap.children(await dap.scope(frame.id, 'Locals'))) {
    assert.ok(variable.evaluateName || /^first\b/.test(variable.name), `evaluateName of ${variable.name}`);
    await visit(variable, 0);
  }
  assert.ok(checked > 60, `${checked} checked`);
});

session('100,000 elements come in pages', async (dap) => {
  const { frame } = await atAll(dap);
  const big = await dap.evaluate('big', frame.id);
  assert.equal(big.indexedVariables, 100000);
  const page = await dap.children(big, { filter: 'indexed', start: 70000, count: 100 });
  assert.equal(page.length, 100);
  assert.deepEqual([page[0].name, page[0].value, page[99].value], ['[70000]', '210000', '210297']);
  assert.deepEqual(await dap.children(big, { filter: 'named' }), []);
  assert.equal((await dap.children(big, { filter: 'indexed', start: 99990, count: 100 })).length, 10);
  assert.equal((await dap.children(big, { filter: 'indexed', start: 200000, count: 100 })).length, 0);
});

session('setVariable changes every kind, and the program sees it', async (dap) => {
  const { frame } = await atAll(dap);
  const scope = await dap.scope(frame.id, 'Locals');
  const locals = await dap.variables(scope);
  const changes = { small: ['7', /^7/], real: ['2.5', /^2\.5$/], precise: ['1e3', /^1000(\.0)?$/], colour: ['BLUE', /BLUE/], yes: ['false', /^false$/],
    where: ['0', /^(0x0|NULL|nullptr)/], huge: ['0xff', /^255$/], letter: ["'z'", /122|'z'/], wide: ['count * 2 + 1', /^9$/] };
  for (const [name, [value, expected]] of Object.entries(changes)) {
    const answer = await dap.request('setVariable', { variablesReference: scope.variablesReference, name, value });
    assert.match(answer.value, expected, name);
    assert.match((await dap.evaluate(name, frame.id)).result, expected, name);
  }
  await dap.request('setVariable', { variablesReference: locals.origin.variablesReference, name: 'y', value: '-8' });
  assert.equal((await dap.evaluate('origin', frame.id)).result, '{x = 3, y = -8}');
  await dap.request('setVariable', { variablesReference: locals.bits.variablesReference, name: 'middle', value: '-16' });
  assert.match((await dap.evaluate('bits', frame.id)).result, /low = 5, middle = -16, high = 549755813888/);
  assert.match(await dap.failing('setVariable', { variablesReference: scope.variablesReference, name: 'small', value: 'garbage +' }), /.+/);
  assert.match(await dap.failing('setVariable', { variablesReference: scope.variablesReference, name: 'nobody', value: '1' }), /nobody/);
});

const expressions = {
  '1 + 2 * 3': '7', '(1 + 2) * 3': '9', '7 / 2': '3', '-7 % 3': '-1', '1 << 4 | 3': '19', '~0': '-1', '!count': 'false|0', '0x10': '16', "'A'": /65|'A'/,
  'origin.x': '3', 'where->y': '4', '(*where).y': '4', 'grid[1][2]': '6', '*variable': '0', 'variable[3]': '9', 'nested.corner[1].y': '4',
  'count > 3 && small < 0': 'true|1', 'count == 4 ? 10 : 20': '10', 'sizeof(struct point)': '8', 'sizeof big': '400000', '(char)66': /66|'B'/,
  '(unsigned char)small': /^251/, '(long)count + 1': '5', '*&count': '4', '&origin == where': 'true|1', 'global_count': '42', 'file_text[0]': /102|'f'/,
  'GREEN': /GREEN|5/, 'big[99999]': '299997', '1.5 * 2': /^3(\.0)?$/, 'where + 1 > where': 'true|1', '*(int *)where': '3', 'bits.middle': '-3',
  '(int)(real * 2)': '3', 'nested.next->next->inner': null, '$rsp > 0': 'true|1', 'count,x': '0x4', '&grid[1][0] - &grid[0][0]': '3',
};
session('expressions of C', async (dap) => {
  const { frame } = await atAll(dap);
  for (const [expression, expected] of Object.entries(expressions)) {
    const { result } = await dap.evaluate(expression, frame.id);
    if (expected !== null) {
      assert.match(result, expected instanceof RegExp ? expected : new RegExp(`^(${expected})$`), expression);
    }
  }
});

session('errors in expressions are words, not crashes', async (dap) => {
  const { frame } = await atAll(dap);
  for (const expression of ['nothing_known', '1 +', '*nothing', '*(int *)0', 'origin.z', 'count->x', '1 / 0', '5 % 0', 'origin + 1', '((((', '',
    '('.repeat(20000), `${'1+'.repeat(20000)}`, '"open', "'", '$norax', 'sizeof(struct nobody)', '&5', '1 = 2', 'a::b', '\u00e4', '99999999999999999999999']) {
    assert.match(await dap.failing('evaluate', { expression, frameId: frame.id, context: 'watch' }), /.+/, expression.slice(0, 40));
  }
});

session('hover has no side effects; watch and repl assign', async (dap) => {
  const { frame } = await atAll(dap);
  for (const expression of ['count = 50', 'count += 1', 'count++', '--count']) {
    const answer = await dap.tryRequest('evaluate', { expression, frameId: frame.id, context: 'hover' });
    assert.equal(answer.success, false, expression);
    assert.equal((await dap.evaluate('count', frame.id)).result, '4');
  }
  assert.equal((await dap.evaluate('count = 50', frame.id, 'repl')).result, '50');
  assert.equal((await dap.evaluate('count', frame.id)).result, '50');
});

session('evaluate without a context and without a frame', async (dap) => {
  const { frame } = await atAll(dap);
  assert.equal((await dap.evaluate('origin.x', frame.id, null)).result, '3');
  assert.equal((await dap.evaluate('global_count', undefined)).result, '42');
  assert.match(await dap.failing('evaluate', { expression: 'origin.x', context: 'watch' }), /origin/);
});

session('references to memory are addresses', async (dap) => {
  const { frame } = await atAll(dap);
  const locals = await dap.locals(frame.id);
  const { result } = await dap.evaluate('&origin', frame.id);
  assert.equal(locals.where.memoryReference ?? locals.origin.memoryReference, /0x[0-9a-f]+/.exec(result)[0]);
});

session('names of outer frames have the values of outer frames', async (dap) => {
  await dap.launch({ program: program('steps'), lines: at('steps.c', 'bottom') });
  const { threadId } = await dap.stopped('breakpoint');
  const frames = await dap.stack(threadId);
  for (let i = 0; i < 5; i++) {
    assert.equal((await dap.evaluate('n', frames[i].id)).result, String(i + 1), `frame ${i}`);
  }
});

session('Globals of the file: file statics come before others of the same name', async (dap) => {
  await dap.launch({ program: program('several_files'), lines: at('several_files/sum.c', 'summed') });
  const { threadId } = await dap.stopped('breakpoint');
  const frames = await dap.stack(threadId);
  assert.equal((await dap.evaluate('total', frames[0].id)).result, '6');
  assert.equal((await dap.evaluate('total', frames[1].id)).result, '0');
  const globals = await dap.variables(await dap.scope(frames[1].id, 'Globals'));
  assert.equal(globals.total.value, '0');
});

session('C++: bases, references, templates, qualified names', async (dap) => {
  await dap.launch({ program: program('shapes'), lines: at('shapes.cpp', 'measured') });
  const { threadId } = await dap.stopped('breakpoint');
  const frame = await dap.top(threadId);
  assert.equal((await dap.evaluate('geometry::measured', frame.id)).result, '6');
  assert.equal((await dap.evaluate('shape.id', frame.id)).result, '7');
});

session('Rust: structs and integers', async (dap) => {
  await dap.launch({ program: program('guesses'), lines: at('guesses.rs', 'judges') });
  const { threadId } = await dap.stopped('breakpoint');
  const frame = await dap.top(threadId);
  assert.equal((await dap.evaluate('difference', frame.id)).result, '2');
  assert.match(frame.name, /guesses::judge/);
}, { skip: !fs.existsSync(program('guesses')) });

// The events of one request: [areas of `invalidated`..., 'memory' if it came].
async function changesOf(dap, command, args) {
  const before = dap.events.length;
  const { success } = await dap.tryRequest(command, args);
  await dap.threads();   // what the request brought is here then
  const told = dap.events.slice(before).filter((e) => ['invalidated', 'memory'].includes(e.event));
  return { success, told: told.flatMap((e) => e.body.areas ?? 'memory').sort() };
}

const MEMORY = ['memory', 'variables'];
const REGISTER = ['stacks', 'variables'];
const SAVED_REGISTER = ['memory', 'stacks', 'variables'];

session('whichever request changes memory or a register, the views are told the same, and nothing if nothing changed', async (dap) => {
  await dap.launch({ program: program('steps'), lines: at('steps.c', 'in twice') });
  const { threadId } = await dap.stopped('breakpoint');
  const [frame, caller] = await dap.stack(threadId);
  const holder = (await dap.scope(frame.id, 'Locals')).variablesReference;
  const groups = await dap.children(await dap.scope(frame.id, 'Registers'));
  const general = groups.find(({ name }) => name.startsWith('General')).variablesReference;
  const evaluate = (expression, context = 'repl', frameId = frame.id) => ['evaluate', { expression, context, frameId }];
  const setExpression = (expression, value, frameId = frame.id) => ['setExpression', { expression, value, frameId }];
  const setVariable = (variablesReference, name, value) => ['setVariable', { variablesReference, name, value }];
  const cases = [
    [evaluate('x = 5'), MEMORY], [evaluate('$rbx = 5'), REGISTER], [evaluate('$r12 = (x = 6)'), SAVED_REGISTER],
    [evaluate('x + 1'), []], [evaluate('x + 1', 'watch'), []], [evaluate('x = nonsense'), []], [evaluate('x = 5', 'hover'), []],
    [evaluate('(x = 7) / 0'), MEMORY],
    [setExpression('x', '8'), MEMORY], [setExpression('$rbx', '6'), REGISTER], [setExpression('*&x', '9'), MEMORY],
    [setExpression('x', 'nonsense'), []], [setExpression('$rbp', '$rbp', caller.id), SAVED_REGISTER],
    [setVariable(holder, 'x', '10'), MEMORY], [setVariable(general, 'rbx', '7'), REGISTER],
    [setVariable(holder, 'x', 'nonsense'), []], [setVariable(holder, 'no such', '1'), []],
  ];
  for (const [[command, args], expected] of cases) {
    const { told } = await changesOf(dap, command, args);
    assert.deepEqual(told, expected, `${command} ${JSON.stringify(args)}`);
  }
});

session('an assignment names the memory that it changed', async (dap) => {
  await dap.launch({ program: program('steps'), lines: at('steps.c', 'in twice') });
  const { threadId } = await dap.stopped('breakpoint');
  const { id } = await dap.top(threadId);
  const { memoryReference } = await dap.evaluate('&x', id);
  await dap.evaluate('x = 5', id, 'repl');
  assert.equal((await dap.waitFor('memory')).memoryReference, memoryReference);
});
