// Hexadecimal numbers: the launch attribute "hex", the request ptdap/setFormat, `format` of a request.
import { assert, at, line, program, session, source } from './session.mjs';

const kinds = (options = {}) => ({ program: program('variable_kinds'), lines: at('variable_kinds.c', 'all alive'), ...options });

async function stopped(dap, reason = 'breakpoint') {
  const { threadId } = await dap.stopped(reason);
  const { id } = await dap.top(threadId);
  return { threadId, id, locals: await dap.scope(id, 'Locals') };
}

const value = async (dap, holder, name) => (await dap.variables(holder))[name].value;
const setFormat = async (dap, args) => (await dap.request('ptdap/setFormat', args)).hex;
const invalidations = (dap) => dap.events.filter((e) => e.event === 'invalidated').length;

session('numbers are hexadecimal, everything that has words of its own keeps them', async (dap) => {
  await dap.launch(kinds({ hex: true }));
  const { id, locals } = await stopped(dap);
  const shown = Object.fromEntries(Object.entries(await dap.variables(locals)).map(([name, variable]) => [name, variable.value]));
  const expected = {
    letter: "0x41 'A'", half: '0xfb2e', whole: '0xee6b2800', wide: '0xffffffffffffffff', huge: '0xffffffffffffffff',
    giant: `0x1${'0'.repeat(25)}`, real: '1.5', precise: '-0.1', extended: '2.25', z: '1 + 2i', yes: 'true', colour: 'GREEN', odd: '0x4d',
    origin: '{x = 0x3, y = 0x4}', bits: '{low = 0x5, middle = 0x1d, high = 0x8000000000}', grid: '[2] {{0x1, 0x2, 0x3}, {0x4, 0x5, 0x6}}',
    text: '"hi\\n\\"x"', broad: 'L"wä"', nothing: '0x0',
  };
  for (const [name, text] of Object.entries(expected)) {
    assert.equal(shown[name], text, name);
  }
  assert.match(shown.small, /^0xfb '/);
  assert.match(shown.op, /^0x[0-9a-f]+ <negate>$/);
  for (const context of ['watch', 'hover', 'repl', 'clipboard', 'variables']) {
    assert.equal((await dap.evaluate('count + 250', id, context)).result, '0xfe', context);
  }
  assert.equal((await dap.evaluate('count,d', id)).result, '4', 'a suffix says it for itself');
  const decimal = { format: { hex: false } };
  assert.equal((await dap.request('evaluate', { expression: 'count', frameId: id, ...decimal })).result, '4', 'so does the request');
  assert.equal((await dap.children(locals, decimal)).find(({ name }) => name === 'count').value, '4');
  assert.equal((await dap.children(locals, { format: {} })).find(({ name }) => name === 'count').value, '0x4');
});

session('ptdap/setFormat switches all of the session; null is the launch attribute again', async (dap) => {
  await dap.launch(kinds());
  const { locals } = await stopped(dap);
  assert.equal(await value(dap, locals, 'count'), '4');
  assert.equal(await setFormat(dap, { hex: true }), true);
  assert.deepEqual((await dap.waitFor('invalidated')).areas, ['variables']);
  assert.equal(await value(dap, locals, 'count'), '0x4');
  assert.equal(await setFormat(dap, { hex: null }), false);
  assert.equal(await value(dap, locals, 'count'), '4');
});

session('a variable has a choice of its own, which what is in it follows, in every view', async (dap) => {
  await dap.launch(kinds());
  const { id, locals } = await stopped(dap);
  const { nested } = await dap.variables(locals);
  assert.equal(await setFormat(dap, { hex: true, variablesReference: locals.variablesReference, name: 'origin', evaluateName: 'origin' }), true);
  await dap.waitFor('invalidated');
  const { origin, named, count, where } = await dap.variables(locals);
  assert.deepEqual([origin.value, named.value, count.value], ['{x = 0x3, y = 0x4}', '{x = 5, y = 6}', '4']);
  assert.equal(await value(dap, origin, 'y'), '0x4');
  assert.equal(await value(dap, where, 'y'), '4', 'another expression');
  for (const context of ['watch', 'hover', 'repl', 'clipboard']) {
    assert.equal((await dap.evaluate('origin.x', id, context)).result, '0x3', context);
  }
  assert.equal((await dap.request('setVariable', { variablesReference: origin.variablesReference, name: 'x', value: '31' })).value, '0x1f');
  // A member's choice goes over that of its struct, and an element's over that of its array.
  assert.equal(await setFormat(dap, { hex: false, variablesReference: origin.variablesReference, name: 'x' }), false);
  assert.equal((await dap.variables(locals)).origin.value, '{x = 0x1f, y = 0x4}', 'the summary is the struct\'s');
  assert.deepEqual([await value(dap, origin, 'x'), await value(dap, origin, 'y')], ['31', '0x4']);
  assert.equal(await setFormat(dap, { hex: null, variablesReference: origin.variablesReference, name: 'x' }), true, 'the struct\'s again');
  assert.equal(await value(dap, origin, 'x'), '0x1f');
  assert.equal(await setFormat(dap, { hex: null, variablesReference: locals.variablesReference, name: 'origin' }), false);
  assert.equal((await dap.variables(locals)).origin.value, '{x = 31, y = 4}');
  // What a reference belongs to, without a name; pointers in it are followed.
  assert.equal(await setFormat(dap, { hex: true, variablesReference: nested.variablesReference }), true);
  const next = (await dap.variables(nested)).next;
  const corner = (await dap.variables(next)).corner;
  assert.equal(corner.value, '[2] {{x = 0x1, y = 0x2}, {x = 0x3, y = 0x4}}');
  assert.equal(await value(dap, corner, '[1]'), '{x = 0x3, y = 0x4}');
});

session('a choice holds at the next stops, in its function alone, and over a restart', async (dap) => {
  const file = source('variable_kinds.c');
  const fills = [file, [{ line: line('variable_kinds.c', 'fills'), hitCondition: '18' }]];
  const squares = [file, [{ line: line('variable_kinds.c', 'squares'), hitCondition: '4' }]];
  await dap.launch({ program: program('variable_kinds'), lines: Object.fromEntries([fills]) });
  let stop = await stopped(dap);
  assert.equal(await setFormat(dap, { hex: true, variablesReference: stop.locals.variablesReference, name: 'i' }), true);
  assert.equal(await value(dap, stop.locals, 'i'), '0x11');
  await dap.step('next', stop.threadId);
  await dap.setBreakpoints(...squares);
  assert.match((await dap.evaluate('i', (await dap.top(stop.threadId)).id)).result, /^0x1[12]$/);
  await dap.request('continue', { threadId: stop.threadId });
  stop = await stopped(dap);
  assert.equal(await value(dap, stop.locals, 'i'), '3', 'another function\'s');
  await dap.setBreakpoints(...fills);
  assert.equal(await setFormat(dap, { hex: true }), true);
  const shown = async () => (await dap.evaluate('big[2]', (await dap.top(stop.threadId)).id)).result;
  await dap.request('restart', {});
  stop = await stopped(dap);
  assert.equal(await shown(), '0x6');
  // VS Code sends the configuration again: what it does not change stays.
  await dap.request('restart', { arguments: { program: program('variable_kinds') } });
  stop = await stopped(dap);
  assert.equal(await shown(), '0x6');
  await dap.request('restart', { arguments: { program: program('variable_kinds'), hex: true } });
  stop = await stopped(dap);
  assert.equal(await setFormat(dap, { hex: false }), false);
  await dap.request('restart', { arguments: { program: program('variable_kinds'), hex: true } });
  stop = await stopped(dap);
  assert.equal(await shown(), '6');
  await dap.request('restart', { arguments: { program: program('variable_kinds') } });
  stop = await stopped(dap);
  assert.equal(await setFormat(dap, { hex: null }), false);
  assert.equal(await value(dap, stop.locals, 'i'), '0x11');
});

session('watches and globals', async (dap) => {
  await dap.launch(kinds());
  const { id } = await stopped(dap);
  const before = invalidations(dap);
  assert.equal(await setFormat(dap, { hex: true, evaluateName: 'global_count * 2' }), true);
  await dap.until('an invalidated event', () => invalidations(dap) > before);
  assert.equal((await dap.evaluate('global_count * 2', id)).result, '0x54');
  assert.equal((await dap.evaluate('global_count', id)).result, '42');
  const globals = await dap.scope(id, 'Globals');
  assert.equal(await setFormat(dap, { hex: true, variablesReference: globals.variablesReference, name: 'global_count' }), true);
  assert.equal(await value(dap, globals, 'global_count'), '0x2a');
  assert.equal((await dap.evaluate('global_count')).result, '0x2a', 'without a frame, too');
  const watched = await dap.evaluate('origin', id);
  assert.equal(await setFormat(dap, { hex: true, variablesReference: watched.variablesReference, name: 'y' }), true);
  assert.equal((await dap.evaluate('origin.y', id)).result, '0x4');
  assert.equal((await dap.evaluate('origin.x', id)).result, '3');
});

session('what is shown in hexadecimal is edited in either base', async (dap) => {
  await dap.launch(kinds({ hex: true }));
  const { id, locals } = await stopped(dap);
  const set = async (name, text) => (await dap.request('setVariable', { variablesReference: locals.variablesReference, name, value: text })).value;
  assert.equal(await set('count', '255'), '0xff');
  assert.equal(await set('count', '0xfe'), '0xfe');
  assert.equal(await set('half', '0xfb2f'), '0xfb2f');
  assert.equal((await dap.evaluate('half,d', id)).result, '-1233');
  assert.equal(await set('letter', '0x42'), "0x42 'B'");
  assert.equal(await set('letter', "0x43 'B'"), "0x43 'C'", 'the number was changed');
  assert.equal(await set('letter', "0x43 'D'"), "0x44 'D'", 'the character was');
  assert.equal(await set('letter', "0x44 'D'"), "0x44 'D'", 'neither');
  await setFormat(dap, { hex: false });
  assert.equal(await set('letter', "69 'D'"), "69 'E'");
  assert.equal(await set('small', `${(await dap.variables(locals)).small.value.replace('-5', '-6')}`), "-6 '\\372'");
  assert.match(await dap.failing('setVariable', { variablesReference: locals.variablesReference, name: 'letter', value: "69 'E" }), /./);
  await setFormat(dap, { hex: true });
  const expression = await dap.request('setExpression', { expression: 'origin.x', value: '16', frameId: id });
  assert.equal(expression.value, '0x10');
});

session('registers and system calls', async (dap) => {
  await dap.launch({ program: program('makes_syscalls'), syscalls: { stop: 'openat@return if $errno == ENOENT; read@return if $arg.count == 16' }, hex: true });
  const call = async () => {
    const { threadId, id } = await stopped(dap, 'syscall');
    const scope = await dap.scope(id, 'Syscall');
    return { threadId, id, ...await dap.variables(scope) };
  };
  let seen = await call();
  while (!/16|0x10/.test(seen.count?.value ?? '')) {
    await dap.request('continue', { threadId: seen.threadId });
    seen = await call();
  }
  assert.equal(seen.count.value, '0x10');
  assert.match(seen.fd.value, /^\d+<\/etc\/hostname>$/);
  assert.match(seen.result.value, /^0x[0-9a-f]+$/);
  await dap.request('continue', { threadId: seen.threadId });
  seen = await call();
  assert.equal(seen.flags.value, 'O_RDWR|O_CREAT|O_EXCL');
  assert.match(seen.result.value, /^-1 ENOENT/);
  assert.match((await dap.evaluate('$rip', seen.id)).result, /^0x/);
});

session('a field of a call keeps its choice, wherever its struct stands; so do the lanes of a register', async (dap) => {
  await dap.launch({ program: '/bin/cat', args: ['/etc/passwd'], syscalls: { stop: 'fstat,newfstatat@return if $errno == 0' } });
  const look = async () => {
    const { threadId, id } = await stopped(dap, 'syscall');
    const { statbuf } = await dap.variables(await dap.scope(id, 'Syscall'));
    return { threadId, id, statbuf, size: await value(dap, statbuf, 'st_size'), blocks: await value(dap, statbuf, 'st_blksize') };
  };
  // The widest register that the machine has stands for all of its number.
  const lanesOf = async (id) => {
    let at = (await dap.children(await dap.scope(id, 'Registers'))).find(({ name }) => /SSE/.test(name));
    while (!/^v\d+_int32$/.test(at.name)) {
      const inside = (await dap.children(at)).filter(({ variablesReference, name }) => variablesReference && name !== 'mxcsr');
      at = inside.find(({ name }) => /^v\d+_int32$/.test(name)) ?? inside[0];
    }
    return at;
  };
  let seen = await look();
  assert.match(seen.size, /^[1-9]\d*$/);
  assert.equal(await setFormat(dap, { hex: true, variablesReference: seen.statbuf.variablesReference, name: 'st_size' }), true);
  const lanes = await lanesOf(seen.id);
  assert.equal(await setFormat(dap, { hex: true, variablesReference: lanes.variablesReference }), true);
  const address = seen.statbuf.memoryReference;
  for (let i = 0; i < 4 && seen.statbuf.memoryReference === address; i++) {
    await dap.request('continue', { threadId: seen.threadId });
    seen = await look();
  }
  assert.notEqual(seen.statbuf.memoryReference, address);
  assert.match(seen.size, /^0x[0-9a-f]+$/);
  assert.match(seen.blocks, /^\d+$/);
  const again = await lanesOf(seen.id);
  assert.match(Object.values(await dap.variables(again))[0].value, /^0x[0-9a-f]{8}$/);
  assert.match(again.value, /0x[0-9a-f]{8}, /);
});

session('mistakes are said', async (dap) => {
  await dap.initialize();
  assert.match(await dap.failing('ptdap/setFormat', { hex: true }), /launch/);
  assert.match(await dap.failing('launch', { program: program('variable_kinds'), hex: 'yes' }), /^hex: expected a boolean, got a string/);
});

session('mistakes are said at a stop', async (dap) => {
  await dap.launch(kinds());
  const { threadId, locals } = await stopped(dap);
  const reference = locals.variablesReference;
  assert.match(await dap.failing('ptdap/setFormat', {}), /arguments\.hex is missing: true, false, or null/);
  assert.match(await dap.failing('ptdap/setFormat', { hex: 1 }), /arguments\.hex: expected a boolean or null, got a number/);
  assert.match(await dap.failing('ptdap/setFormat', { hex: true, name: 'count' }), /variablesReference is missing/);
  assert.match(await dap.failing('ptdap/setFormat', { hex: true, variablesReference: reference, name: 'nope' }), /no variable "nope"/);
  assert.match(await dap.failing('ptdap/setFormat', { hex: true, variablesReference: 999999, name: 'count' }), /there is no variablesReference 999999/);
  await dap.step('next', threadId);
  assert.match(await dap.failing('ptdap/setFormat', { hex: true, variablesReference: reference, name: 'count' }), /belongs to an earlier stop/);
});
