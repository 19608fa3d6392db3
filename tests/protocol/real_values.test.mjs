// Values of programs as people write them: the standard library's, optimised ones, hostile ones.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { assert, session, program, at, source, temporaryFolder } from './session.mjs';

const FILE = 'real_values.cpp';

async function looks(dap, name = 'real_values', file = FILE, mark = 'looks') {
  await dap.launch({ program: program(name), lines: at(file, mark) });
  const { threadId } = await dap.stopped('breakpoint');
  return { threadId, frame: await dap.top(threadId) };
}

const words = async (dap, frame, expressions, context = 'watch') => {
  assert.deepEqual(await dap.wrongValues(frame.id, expressions, context), {});
};

session('the standard library by its content', async (dap) => {
  const { frame } = await looks(dap);
  await words(dap, frame, {
    text: '"a text that is long enough to be on the heap"', view: '"a text that is long enough to be on the heap"', small: '"small"',
    'text[2]': "116 't'", owned: /^0x[0-9a-f]+$/, 'owned->bottom': '3', '(*owned).bottom': '3', deleted: /^0x[0-9a-f]+$/, '*deleted': '6',
    '*shared': '5', some: '3', none: 'nullopt', '*some + 1': '4', '*none': /nothing inside: it is nullopt/, array: '[3] {4, 5, 6}', 'array[2]': '6',
    vector: '[3] {1, 2, 3}', wide: /^0x[0-9a-f]+ L"w\u00e9"$/, 'wide[0]': "119 L'w'", bytes: '"\\0\\1\\310"', null: 'nullptr', method: /^0x[0-9a-f]+ <owner::run\(int\)>$/,
  });
  const { array } = await dap.locals(frame.id);
  assert.equal(array.indexedVariables, 3);
});

session('containers made of nodes by their elements', async (dap) => {
  const { frame } = await looks(dap);
  await words(dap, frame, {
    ages: '[3] {{first = "ann", second = 30}, {first = "bob", second = 40}, {first = "cy", second = 50}}', linked: '[3] {1, 2, 3}',
    hashed: '[1] {{first = 5, second = "five"}}', set: /^\[1000\] \{0, 1, 2, 3, /,
  });
  const { ages, set } = await dap.locals(frame.id);
  assert.equal(set.indexedVariables, 1000);
  const page = await dap.children(set, { filter: 'indexed', start: 995, count: 10 });
  assert.deepEqual(page.map((v) => `${v.name} ${v.value}`), ['[995] 995', '[996] 996', '[997] 997', '[998] 998', '[999] 999']);
  const [, bob] = await dap.children(ages, { filter: 'indexed' });
  assert.equal((await dap.evaluate(bob.evaluateName, frame.id)).result, '{first = "bob", second = 40}');
  const { second } = await dap.variables(bob);
  await dap.request('setExpression', { expression: second.evaluateName, value: '41', frameId: frame.id });
  assert.match((await dap.evaluate('ages', frame.id)).result, /"bob", second = 41/);
});

session('texts are compared and stored by their characters', async (dap) => {
  const { frame } = await looks(dap);
  await words(dap, frame, {
    'text == "a text"': 'false', 'text != "a text"': 'true', 'small == "small"': 'true', '"small" == small': 'true', 'small == ""': 'false',
    'view == "a text that is long enough to be on the heap"': 'true', 'small = "other"': '"other"', 'small == "other"': 'true',
    'small._M_string_length': '5', 'large = "a text for the heap"': '"a text for the heap"', 'small = "0123456789abcdef"': /room for 15/,
    'shadow = "text"': /no address in the program/,
  }, 'repl');
});

session('an object is found from any of its parts', async (dap) => {
  const { frame } = await looks(dap);
  await words(dap, frame, {
    '((app::diamond *)base)->bottom': '3', 'dynamic_cast<app::diamond *>(base)->left_value': '1', 'dynamic_cast<app::right *>(base)->right_value': '2',
    'dynamic_cast<app::node *>(base)': '0x0', 'dynamic_cast<app::diamond *>((app::base *)0)': '0x0', '(app::base *)dynamic_cast<app::diamond *>(base) == base': 'true',
    'dynamic_cast<app::diamond &>(*base).bottom': '3', 'dynamic_cast<app::node &>(*base)': /the object is none/,
    'owned->left::left_value': '1', 'owned->app::left::left_value': '1', 'owned->base::base_value': '11', 'owned->wrong::x': /no base class wrong/,
  });
});

session('a global behind a local keeps a name of its own', async (dap) => {
  const { frame } = await looks(dap);
  const globals = await dap.variables(await dap.scope(frame.id, 'Globals'));
  assert.equal(globals.shadow.value, '1');
  assert.equal((await dap.evaluate(globals.shadow.evaluateName, frame.id)).result, '1');
  assert.equal((await dap.evaluate('shadow', frame.id)).result, '2');
});

session('a list is followed to its end by the names of its children', async (dap) => {
  const { frame } = await looks(dap);
  let at = (await dap.locals(frame.id)).head;
  let depth = 0;
  for (; at.value !== '0x0'; depth++) {
    const children = await dap.variables(at);
    if (depth % 90 === 0) {
      assert.equal((await dap.evaluate(children.value.evaluateName, frame.id)).result, String(depth));
      await dap.request('setExpression', { expression: children.value.evaluateName, value: String(-depth), frameId: frame.id });
      assert.equal((await dap.variables(at)).value.value, String(-depth));
    }
    at = children.next;
  }
  assert.equal(depth, 1000);
});

session('a function that only its symbol tells of can be looked at', async (dap) => {
  const { frame } = await looks(dap);
  for (const context of ['hover', 'watch', 'repl']) {
    const { result, type } = await dap.evaluate('printf', frame.id, context);
    assert.match(result, /^0x[0-9a-f]+ <(_IO_)?printf>$/);
    assert.match(type, /^int \(/);
  }
});

session('variables of many kinds are set', async (dap) => {
  const { frame } = await looks(dap);
  const set = async (holder, name, value) => (await dap.request('setVariable', { variablesReference: holder.variablesReference, name, value })).value;
  const scope = await dap.scope(frame.id, 'Locals');
  const locals = await dap.variables(scope);
  assert.equal(await set(scope, 'mode', 'off'), 'off');
  assert.equal(await set(scope, 'mode', 'app::mode::on'), 'on');
  assert.equal(await set(scope, 'small', '"fits"'), '"fits"');
  assert.equal(await set(scope, 'head', 'head->next'), locals.head.value.replace(/.*/, (await dap.evaluate('&list[1]', frame.id)).result));
  assert.equal(await set(locals.array, '[1]', '50'), '50');
  assert.equal(await set(locals.vector, '[2]', "'a'"), '97');
  await words(dap, frame, { array: '[3] {4, 50, 6}', 'some = 8': '8', some: '8', 'some == 8': 'true', vector: '[3] {1, 2, 97}', small: '"fits"', 'head->value': '1' }, 'repl');
});

session('garbage shows as garbage', async (dap) => {
  const { frame } = await looks(dap);
  const locals = await dap.locals(frame.id);
  assert.match(locals.bad_string.value, /^<cannot read 0x1000>$/);
  assert.match(locals.bad_map.value, /^\[500000\] \{.*cannot read/);
  const broken = await dap.tryRequest('variables', { variablesReference: locals.bad_map.variablesReference, filter: 'indexed', start: 1000, count: 5 });
  assert.match(JSON.stringify(broken), /cannot read/);
  for (const name of ['bad_vector', 'bad_string', 'hostile']) {
    await dap.children(locals[name], { start: 0, count: 50 });
  }
});

// What cannot be is said when it is set, and does not stop the program.
for (const [condition, reason] of [['this->field +', /operand is expected/], ['nothing > 3', /no symbol "nothing"/], ['number = 3', /change the program/],
  ['run(1) == 2', /calling functions/]]) {
  session(`the condition ${condition} is refused`, async (dap) => {
    const { lines: [refused] } = await dap.launch({ program: program('real_values'), lines: at(FILE, { mark: 'in method', condition }) });
    assert.equal(refused.verified, false);
    assert.match(refused.message, reason);
    assert.equal(await dap.exited(), 0);
  });
}

for (const [condition, number] of [['field + number == 7', '3'], ['this->name == "an owner" && number == 2', '2'], ['(char)number == 4', '4'],
  ['*&local == 5 || local > 1000', '1'],
  ['app::mode::on == 3 && shadow == 1 && number == 4', '4'], ['  ', '0']]) {
  session(`the condition ${condition}`, async (dap) => {
    await dap.launch({ program: program('real_values'), lines: at(FILE, { mark: 'in method', condition }) });
    const { threadId } = await dap.stopped('breakpoint');
    assert.equal((await dap.evaluate('number', (await dap.top(threadId)).id)).result, number);
  });
}

session('a log message shows members and texts', async (dap) => {
  await dap.launch({ program: program('real_values'), lines: at(FILE, { mark: 'in method', logMessage: '{name} {this->field + number,x}', hitCondition: '>= 5' }) });
  assert.equal(await dap.exited(), 0);
  assert.match(dap.output('console'), /"an owner" 0x8\n/);
  assert.doesNotMatch(dap.output('console'), /0x7/);
});

session('what a caller passed is known when its register is not', async (dap) => {
  const { threadId } = await looks(dap, 'real_optimised', 'real_optimised.c', 'parameters are gone');
  const [inner, caller] = await dap.stack(threadId);
  for (const frame of [inner, caller]) {
    const args = await dap.locals(frame.id);
    assert.equal(args.gone.value, '42');
    assert.match(args.text.value, /"text of main"$/);
  }
  await dap.request('continue', { threadId });
  await dap.stopped('breakpoint');
  const args = await dap.locals((await dap.top(threadId)).id);
  assert.equal(args.gone.value, '7');
  assert.equal(args.text.value, '<optimised out>');
  assert.equal(args.text.type, 'const char *');
});

session('a recursion at one pc: each frame has its own registers', async (dap) => {
  const { threadId } = await looks(dap, 'real_optimised', 'real_optimised.c', 'came up');
  await dap.setBreakpoints(source('real_optimised.c'), []);
  const [, outer] = await dap.stack(threadId);
  const there = outer.instructionPointerReference;
  await dap.request('setInstructionBreakpoints', { breakpoints: [{ instructionReference: there }] });
  await dap.request('continue', { threadId });
  const stop = await dap.stopped('instruction breakpoint');
  const frames = await dap.stack(stop.threadId);
  assert.equal(frames[1].instructionPointerReference, there, 'the caller is at the same place');
  const depths = [];
  for (const frame of frames.filter((f) => f.name === 'descend')) {
    depths.push((await dap.evaluate('depth', frame.id)).result);
  }
  assert.deepEqual(depths, ['1', '2', '3', '4']);
  const stacks = [];
  for (const frame of frames.slice(0, 3)) {
    stacks.push((await dap.evaluate('$rsp', frame.id)).result);
  }
  assert.equal(new Set(stacks).size, 3);
});

session('thread-local variables of each thread, a late library\'s too', async (dap) => {
  await dap.launch({ program: program('real_tls'), args: [program('real_tls_library')], lines: at('real_tls.c', 'both alive') });
  await dap.stopped('breakpoint');
  const seen = {};
  for (const { id } of await dap.threads()) {
    const frame = (await dap.stack(id)).find((f) => f.name === 'run' || f.name === 'main');
    const number = frame.name === 'main' ? 0 : Number((await dap.evaluate('number', frame.id)).result);
    seen[number] = frame;
  }
  await words(dap, seen[0], { mine: '1', name: '"none"', 'pairs[1].b': '0' });
  await words(dap, seen[1], { mine: '10', name: '"thread 1"', 'pairs[1].b': '1', library_mine: /has not used the thread-local storage/ });
  await words(dap, seen[2], { mine: '27', name: '"thread 2"', 'pairs[1].b': '2', library_mine: '7', 'library_mine = 8': '8', 'mine = 30': '30' }, 'repl');
  await words(dap, seen[1], { mine: '10' });
  await dap.setBreakpoints(source('real_tls.c'), []);
  await dap.request('continue', { threadId: (await dap.threads())[0].id });
  assert.equal(await dap.exited(), 0);
});

const hasClang = spawnSync('clang++', ['--version']).status === 0;
session('clang++ names and omits other things than g++', async (dap) => {
  const folder = temporaryFolder();
  const built = path.join(folder, 'values');
  const { status, stderr } = spawnSync('clang++', ['-g', '-O0', '-std=c++17', '-o', built, source(FILE)], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  await dap.launch({ program: built, lines: at(FILE, 'looks') });
  const { threadId } = await dap.stopped('breakpoint');
  const frame = await dap.top(threadId);
  await words(dap, frame, {
    ages: /^\[3\] \{\{first = "ann", second = 30\}, /, 'small == "small"': 'true', owned: /^0x[0-9a-f]+$/, '*deleted': '6', some: '3', hashed: '[1] {{first = 5, second = "five"}}',
    linked: '[3] {1, 2, 3}', 'dynamic_cast<app::diamond *>(base)->bottom': '3', null: 'nullptr',
  });
  for (const child of await dap.children((await dap.locals(frame.id)).owned)) {
    assert.equal((await dap.evaluate(child.evaluateName, frame.id)).result, child.value);
  }
  const { base } = await dap.locals(frame.id);
  for (const child of await dap.children(base)) {
    assert.equal((await dap.evaluate(child.evaluateName, frame.id)).result, child.value, child.name);
  }
  fs.rmSync(folder, { recursive: true });
}, { skip: !hasClang });
