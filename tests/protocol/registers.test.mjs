// The Registers scope: groups, sub-registers, lanes, flags; all of it can be changed.
import { assert, session, program, at } from './session.mjs';

async function registersAt(dap, mark = 'in twice', name = 'steps') {
  await dap.launch({ program: program(name), lines: at(`${name.split('-')[0]}.c`, mark) });
  const { threadId } = await dap.stopped('breakpoint');
  const frames = await dap.stack(threadId);
  const scope = await dap.scope(frames[0].id, 'Registers');
  return { threadId, frames, scope, groups: await dap.variables(scope) };
}

const group = (groups, pattern) => {
  const found = Object.values(groups).find((g) => pattern.test(g.name));
  assert.ok(found, `group ${pattern} among ${Object.keys(groups)}`);
  return found;
};

session('the scope is expensive and not the first', async (dap) => {
  const { frames } = await registersAt(dap);
  const { scopes } = await dap.request('scopes', { frameId: frames[0].id });
  const index = scopes.findIndex((s) => s.name === 'Registers');
  assert.ok(index > 0);
  assert.equal(scopes[index].expensive, true);
  assert.equal(scopes[index].presentationHint, 'registers');
});

session('general registers are hex, symbolised, and link to memory', async (dap) => {
  const { groups, frames } = await registersAt(dap);
  const general = await dap.variables(group(groups, /^General/));
  for (const name of ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r15', 'rip']) {
    assert.match(general[name]?.value ?? '(missing)', /^0x[0-9a-f]+/, name);
  }
  assert.match(general.rip.value, /<twice\+\d+>/);
  assert.ok(general.rip.value.startsWith(frames[0].instructionPointerReference));
  assert.match(general.rsp.memoryReference, /^0x/);
  assert.equal((await dap.evaluate('$rip', frames[0].id)).result.split(' ')[0], frames[0].instructionPointerReference);
});

session('sub-registers show and change their part', async (dap) => {
  const { groups, frames } = await registersAt(dap);
  const general = group(groups, /^General/);
  const { rax } = await dap.variables(general);
  await dap.request('setVariable', { variablesReference: general.variablesReference, name: 'rax', value: '0x1122334455667788' });
  const parts = await dap.variables((await dap.variables(general)).rax ?? rax);
  assert.match(parts.eax.value, /^0x55667788/);
  assert.match(parts.ax.value, /^0x7788/);
  assert.match(parts.al.value, /^0x88/);
  assert.match(parts.ah.value, /^0x77/);
  await dap.request('setVariable', { variablesReference: rax.variablesReference, name: 'al', value: '0xff' });
  assert.match((await dap.evaluate('$rax', frames[0].id)).result, /^0x11223344556677ff/);
  assert.match((await dap.evaluate('$eax', frames[0].id)).result, /556677ff/);
});

session('flags are bits that can be changed', async (dap) => {
  const { groups, frames } = await registersAt(dap);
  const flags = await dap.variables(group(groups, /^Flags/));
  const eflags = flags.eflags ?? flags.rflags;
  assert.ok(eflags, Object.keys(flags).join());
  const bits = await dap.variables(eflags);
  const carry = Object.values(bits).find((b) => /^CF/i.test(b.name));
  assert.ok(carry, Object.keys(bits).join());
  const before = BigInt(/0x[0-9a-f]+/.exec((await dap.evaluate('$eflags', frames[0].id)).result)[0]);
  await dap.request('setVariable', { variablesReference: eflags.variablesReference, name: carry.name, value: before & 1n ? '0' : '1' });
  const after = BigInt(/0x[0-9a-f]+/.exec((await dap.evaluate('$eflags', frames[0].id)).result)[0]);
  assert.equal(after ^ before, 1n);
});

session('vector registers have typed lanes that can be changed', async (dap) => {
  const { groups } = await registersAt(dap);
  const vectors = await dap.children(group(groups, /SSE|AVX|Vector/i));
  const xmm = vectors.find((v) => /^[xyz]mm0$/.test(v.name));
  assert.ok(xmm, vectors.map((v) => v.name).join());
  const findLanes = async (holder, pattern, depth = 0) => {
    for (const child of await dap.children(holder)) {
      if (pattern.test(child.name)) {
        return child;
      }
      if (child.variablesReference && depth < 2 && !/^\[/.test(child.name)) {
        const found = await findLanes(child, pattern, depth + 1);
        if (found) {
          return found;
        }
      }
    }
    return null;
  };
  const floats = await findLanes(xmm, /^v\d+_float$/);
  assert.ok(floats);
  const [lane] = await dap.children(floats);
  const answer = await dap.request('setVariable', { variablesReference: floats.variablesReference, name: lane.name, value: '1.5' });
  assert.match(answer.value, /^1\.5$/);
  const words = await findLanes(xmm, /^v\d+_int32$/);
  assert.match((await dap.children(words))[0].value, /1069547520|0x3fc00000/);
});

session('every register group can be read and every value is set back as it is', async (dap) => {
  const { groups } = await registersAt(dap);
  for (const pattern of [/^General/, /^Flags/, /^Segment/, /x87/i, /SSE|AVX|Vector/i, /^Debug/, /^Thread/]) {
    assert.ok((await dap.children(group(groups, pattern))).length > 0, String(pattern));
  }
  const general = group(groups, /^General/);
  for (const register of await dap.children(general)) {
    if (/^r/.test(register.name)) {
      await dap.request('setVariable', { variablesReference: general.variablesReference, name: register.name, value: register.value.split(' ')[0] });
    }
  }
  const thread = await dap.variables(group(groups, /^Thread/));
  assert.match(thread.fs_base.value, /^0x[1-9a-f]/);
  assert.match(await dap.failing('setVariable', { variablesReference: general.variablesReference, name: 'rax', value: 'hello there' }), /.+/);
});

session('registers of outer frames are what unwinding recovers', async (dap) => {
  const { frames } = await registersAt(dap, 'bottom');
  const outer = await dap.variables(await dap.scope(frames[1].id, 'Registers'));
  const general = await dap.variables(group(outer, /^General/));
  assert.ok(general.rip.value.startsWith(frames[1].instructionPointerReference));
  assert.match(general.rsp.value, /^0x7f/);
  assert.match(general.rax.value, /not available|unavailable/);
});

session('a changed register changes what the program does', async (dap) => {
  const { threadId } = await registersAt(dap, 'returns', 'exits_with_code');
  const frame = await dap.top(threadId);
  await dap.evaluate('number = 33', frame.id, 'repl');
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 33);
});

// [path below the scope, what is written, the line of the program's output that shows it]
const changes = [
  [['General', 'rax'], '0x1122334455667788', null], [['General', 'rax', 'eax'], '0xa0a0a0a0', null], [['General', 'rax', 'ah'], '0xbb', 'rax 11223344a0a0bba0'],
  [['General', 'rbx'], '-2', null], [['General', 'rbx', 'bx'], '7', 'rbx ffffffffffff0007'], [['General', 'rdx'], '1L << 40 | 5', 'rdx 10000000005'],
  [['General', 'rsi'], '0', null], [['General', 'rsi', 'sil'], '0xff', 'rsi ff'], [['General', 'r12'], '$rdx + 1', 'r12 10000000006'],
  [['General', 'r15'], '0xffffffffffffffff', null], [['General', 'r15', 'r15w'], '0', 'r15 ffffffffffff0000'],
  [['Flags', 'eflags', 'CF'], '1', null], [['Flags', 'eflags', 'DF'], '1', null], [['Flags', 'eflags', 'ZF'], '0', null], [['Flags', 'eflags', 'PF'], '0', null],
  [['Flags', 'eflags', 'OF'], '1', 'flags e03'],
  [['x87', 'st0'], '-2.5', 'st0 -2.5'], [['x87', 'fctrl', 'RC'], '3', 'fctrl f7f'], [['x87', 'fstat', 'C0'], '1', 'fstat 3100'],
  [['SSE', 'mxcsr', 'RC'], '2', null], [['SSE', 'mxcsr', 'DAZ'], '1', 'mxcsr 5fc0'],
  [['SSE', '0', 'xmm0', 'v2_int64', '[0]'], '0', null], [['SSE', '0', 'xmm0', 'v2_int64', '[1]'], '-1', null],
  [['SSE', '0', 'xmm0', 'v4_float', '[1]'], '1.5', 'xmm0 000000000000c03fffffffffffffffff'],
];
const WIDE = [
  ...[0, 1, 2, 3].map((i) => [['SSE', '3', 'ymm3', 'v4_double', `[${i}]`], String(i + 0.5), null]),
  [['SSE', '3', 'ymm3', 'v32_uint8', '[31]'], '255', 'ymm3 000000000000e03f000000000000f83f00000000000004400000000000000cff'],
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((i) => [['SSE', '5', 'v8_uint64', `[${i}]`], String(i), null]),
  [['SSE', '5', 'v16_int32', '[15]'], '-2', `zmm5 ${[0, 1, 2, 3, 4, 5, 6].map((i) => `0${i}00000000000000`).join('')}07000000feffffff`],
  ...[0, 1, 2, 3].map((i) => [['SSE', '20', 'v4_uint128', `[${i}]`], '0', null]),
  [['SSE', '20', 'v8_double', '[7]'], '-2.5', `zmm20 ${'00'.repeat(56)}00000000000004c0`], [['Mask', 'k1'], '0x8000000000000001', 'k1 8000000000000001'],
];

// The group by its start, a vector register by its number: how wide it is depends on the machine.
const named = (children, name) => children.find((c) => c.name === name) ?? children.find((c) => /^[xyz]mm\d+$/.test(c.name) && c.name.slice(3) === name) ??
  children.find((c) => c.name.startsWith(name));

async function holderOf(dap, scope, path) {
  let at = scope;
  for (const name of path) {
    const child = named(await dap.children(at), name);
    // Without AVX the xmm registers are not below wider ones.
    at = child ?? (at.name === name ? at : assert.fail(`no ${name} of ${path.join('/')}`));
  }
  return at;
}

session('what is changed at any level is what the program finds', async (dap) => {
  await dap.launch({ program: program('shows_registers'), functions: ['changes'] });
  const { threadId } = await dap.stopped('function breakpoint');
  const scope = await dap.scope((await dap.top(threadId)).id, 'Registers');
  const groups = await dap.children(scope);
  const vectors = await dap.children(groups.find((g) => /^SSE/.test(g.name)));
  const all = vectors.some((v) => v.name === 'zmm31') ? [...changes, ...WIDE] : changes;
  for (const [path, value] of all) {
    const holder = await holderOf(dap, scope, path.slice(0, -1));
    await dap.request('setVariable', { variablesReference: holder.variablesReference, name: path.at(-1), value });
  }
  if (all.length > changes.length) {
    const { id } = await dap.top(threadId);
    assert.equal((await dap.evaluate('$zmm20.v8_double[7]', id)).result, '-2.5');
    assert.equal((await dap.evaluate('$zmm5.v16_int32[15]', id)).result, '-2');
  }
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
  const printed = dap.output('stdout').split(/\r?\n/);
  assert.deepEqual(all.map(([, , expected]) => expected).filter((e) => e && !printed.includes(e)), [], dap.output('stdout'));
});
