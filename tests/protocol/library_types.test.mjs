// The standard libraries' types by what they hold: C++ and Rust; looked up by key, followed as the program would, shown as garbage when they are.
import fs from 'node:fs';
import { assert, session, program, at } from './session.mjs';

async function looks(dap, name, file) {
  await dap.launch({ program: program(name), lines: at(file, 'looks') });
  const { threadId } = await dap.stopped('breakpoint');
  return dap.top(threadId);
}
const cpp = (dap) => looks(dap, 'library_types', 'library_types.cpp');
const rust = (dap) => looks(dap, 'rust_types', 'rust_types.rs');

async function words(dap, frame, expressions, context = 'watch') {
  assert.deepEqual(await dap.wrongValues(frame.id, expressions, context), {});
}

// Every child's expression leads to the child.
async function leadsToChildren(dap, frame, names) {
  const locals = await dap.locals(frame.id);
  for (const name of names) {
    const children = await dap.children(locals[name], { start: 0, count: 40 });
    assert.ok(children.length, name);
    for (const child of children) {
      if (child.evaluateName && !/^<|\(anonymous|static/.test(child.name)) {
        assert.equal((await dap.evaluate(child.evaluateName, frame.id)).result, child.value, child.evaluateName);
      }
    }
  }
}

session('C++: what adaptors, deques, tuples, bits and lists hold', async (dap) => {
  const frame = await cpp(dap);
  await words(dap, frame, {
    deque: /^\[1000\] \{998, 996, 994, /, 'deque[0]': '998', 'deque[500]': '1', 'deque[999]': '999', 'deque[1000]': /outside: there are 1000/, no_deque: '[0] {}',
    stack: '[3] {1, 2, 3}', queue: '[2] {{x = 1, y = 2}, {x = 3, y = 4}}', heap: '[3] {9, 1, 4}', 'queue[1].y': '4', 'heap[0] + 1': '10',
    tuple: '[4] {1, "two", {}, 2.5}', 'tuple[3]': '2.5', 'tuple[1]': '"two"', 'tuple[4]': /outside/, no_tuple: '[0] {}',
    number: '7', text: '"seven"', pair: '{x = 7, y = 8}', '*number + 1': '8', 'pair->y': '8', flags: '[3] {true, false, true}', 'flags[1]': 'false',
    many_flags: /^\[200\] \{true, true, /, forward: '[2] {"one", "two"}', 'forward[1]': '"two"', wide_forward: '[1] {1.5}',
    bits: '[10] {true, false, true, false, false, true, false, true, false, true}', 'many_bits[99]': 'true', 'many_bits[98]': 'false',
    nested: '[2] {[1] {{first = 1, second = "one"}}, [0] {}}', 'nested[0][0].second': '"one"', span: '[4] {1, 2, 3, 4}', fixed: '[2] {1, 2}', 'fixed[1]': '2',
    path: '"/usr/include/stdio.h"', 'path == "/usr/include/stdio.h"': 'true', utf16: 'u"wé"', wide: 'L"wide"', 'wide[1]': "105 L'i'",
  });
  await leadsToChildren(dap, frame, ['deque', 'stack', 'tuple', 'number', 'flags', 'forward', 'bits', 'span', 'nested']);
});

session('C++: one object, or none', async (dap) => {
  const frame = await cpp(dap);
  await words(dap, frame, {
    counter: '5', 'counter + 1': '6', 'counter == 5': 'true', ready: 'true', '!ready': 'false', target: '0x0', tint: 'green',
    shared: /^0x[0-9a-f]+ \(use count 2, weak count 1\)$/, 'shared->y': '6', '*shared': '{x = 5, y = 6}', no_shared: '0x0', weak: /^0x[0-9a-f]+ \(use count 2, weak count 1\)$/,
    expired: /^0x[0-9a-f]+ \(expired, weak count 1\)$/, 'owned[1]': '11', '*owned': '10', 'owned_point->y': '4', '(*owned_point).x': '3', no_point: '0x0',
    function: /^0x[0-9a-f]+ <twice\(int\)>$/, lambda: /^main.*lambda/, no_function: 'empty', any_number: '42', any_text: '"any text"', any_point: '{x = 1, y = 2}', no_any: 'empty',
    '*any_number': '42', '*no_any': /nothing inside: it is empty/, timeout: '1500 ms', hours: '3 h', seconds: '0.5 s', frames: '4 x 1/50 s', 'timeout + 1': '1501',
    epoch: '1000000000 ns (1970-01-01 00:00:01 UTC)', reference: /^0x[0-9a-f]+ 2$/, '*reference': '2', complex: '1 - 2i',
  });
  await leadsToChildren(dap, frame, ['counter', 'shared', 'owned_point', 'any_point', 'timeout']);
  const [content] = await dap.children((await dap.locals(frame.id)).shared);
  assert.equal(`${content.name} ${content.value}`, '* {x = 5, y = 6}');
});

session('C++: iterators lead to their elements', async (dap) => {
  const frame = await cpp(dap);
  await words(dap, frame, {
    in_vector: 'true', '*in_vector': 'true', in_deque: /^0x[0-9a-f]+ 401$/, '*in_deque': '401', 'in_map->first': '-5', 'in_map->second.y': '2',
    in_map: /^0x[0-9a-f]+ \{first = -5, second = \{x = 1, y = 2\}\}$/, 'in_const_map->first': '"ann"', 'in_hash->second': '2', '*in_list': '4', '*in_forward': '"one"',
    'in_points->x': '3', '(*in_points).y': '4', '*in_string': "97 'a'",
  });
});

session('C++ and keys: what the map has, and nothing is made', async (dap) => {
  const frame = await cpp(dap);
  await words(dap, frame, {
    'ages["ann"]': '30', 'ages["bob"] + 1': '41', 'ages["cy"]': /no key .*"cy" among the 2/, 'points[-5].y': '2', 'points[7]': '{x = 3, y = 4}', 'points[0]': /no key 0 among the 2/,
    'colours[green]': '2', 'colours[colour::red]': '1', 'hashed["b"]': '2', 'hashed["c"]': /no key/, 'by_point[1]': /looking for the key/, 'points["a"]': /looking for the key/,
    'set[0]': '1', 'no_set[0]': /outside: there are 0/, ages: /^\[2\]/,
  });
  await words(dap, frame, { 'ages["ann"] = 31': '31', 'ages["ann"]': '31', 'counter = 9': '9', counter: '9', 'flags[1] = true': 'true', flags: '[3] {true, true, true}', 'tint = red': 'red' }, 'repl');
  await words(dap, frame, { 'deque.size()': /calling functions.*number of elements is shown/, 'ages.at("ann")': /calling functions.*map\[key\]/, 'twice(2)': /calling functions/ });
});

session('C++: garbage ends', async (dap) => {
  const frame = await cpp(dap);
  const locals = await dap.locals(frame.id);
  for (const name of Object.keys(locals).filter((n) => n.startsWith('bad_'))) {
    await dap.children(locals[name], { start: 0, count: 50 });
    assert.ok(locals[name].value.length < 1000, name);
  }
});

const options = { skip: !fs.existsSync(program('rust_types')) };

session('Rust: collections by their elements', async (dap) => {
  const frame = await rust(dap);
  await words(dap, frame, {
    hash: '[1] {"one": 1}', hash_set: '[1] {7}', no_hash: '[0] {}', tree: '[3] {"a": 1, "b": 2, "c": 3}', no_tree: '[0] {}',
    big_tree: /^\[1000\] \{0: "number 0", 1: "number 1", /, tree_set: /^\[50\] \{0, 1, 2, /, deque: '[7] {8, 9, 2, 3, 4, 0, 1}', linked: '[3] {1, 2, 3}', heap: '[3] {5, 1, 2}',
    'deque[0]': '8', 'deque[6]': '1', 'linked[2]': '3', 'tree_set[49]': '49', 'tree["b"]': '2', 'hash["one"]': '1', 'hash["two"]': /no key/, 'big_tree[777]': '"number 777"',
    'big_hash[42].y': '-42', 'big_hash[100]': /no key 100 among the 100/,
  });
  await leadsToChildren(dap, frame, ['hash', 'tree', 'big_tree', 'big_hash', 'deque', 'linked', 'hash_set', 'tree_set']);
  const { big_tree: tree } = await dap.locals(frame.id);
  assert.equal(tree.indexedVariables, 1000);
  const page = await dap.children(tree, { filter: 'indexed', start: 500, count: 2 });
  assert.deepEqual(page.map((v) => `${v.name} ${v.value}`), ['[500] "number 500"', '[501] "number 501"']);
}, options);

session('Rust: cells, counted pointers, locks, texts of the system', async (dap) => {
  const frame = await rust(dap);
  await words(dap, frame, {
    rc: /^(\w+::)?Point \{x = 1, y = 2\} \(strong 3, weak 1\)$/, 'rc.x': '1', '*rc': /^(\w+::)?Point \{x = 1, y = 2\}$/, '(*rc).y': '2', weak: /^Point \{x = 1, y = 2\} \(strong 3, weak 1\)$/,
    rc_str: '"shared text" (strong 1, weak 0)', rc_slice: '[3] {4, 5, 6} (strong 1, weak 0)', arc: '5 (strong 1, weak 0)', '*arc + 1': '6', cell: '5', ref_cell: '[2] {1, 2}',
    borrowed: '1 (borrowed mutably)', '*borrow': '1', shared_cell: /^Point \{x = 8, y = 9\} \(strong 1, weak 0\)$/, 'shared_cell.y': '9', mutex: 'Point {x = 3, y = 4}',
    rwlock: '6', atomic: '17', 'atomic + 1': '18', atomic_bool: /^(true|1)$/, os: '"os text"', path_buf: '"/usr/lib"', path: '"/usr/lib"', c_string: '"c text"', boxed_str: '"boxed"',
    'boxed.y': '6', nested: /^\[2\] \{Some\(Point \{x = 1, y = 2\} \(strong 3, weak 1\)\), None\}$/, 'ref_cell[1]': '2',
  });
  await leadsToChildren(dap, frame, ['rc', 'cell', 'ref_cell', 'mutex', 'shared_cell']);
}, options);

session('Rust: expressions as one writes them', async (dap) => {
  const frame = await rust(dap);
  await words(dap, frame, {
    'tuple.0': '1', 'tuple.1': '"two"', 'tuple.2': '3.5', 'reference.0': '1', '&large': /^0x[0-9a-f]+$/, '*&large': '300', 'large as u8': '44', 'negative as u8': '255',
    'negative as i64': '-1', 'float as i32': '2', 'large as f64 / 7 as f64': /^42\.857/, '5u32': '5', '5u32 + large as u32': '305', '0xffu8': '255', '1_000i64': '1000', '2.5f32': '2.5',
    'character as u32': '233', '-1i32 as u32': '4294967295', 'large as u8 as i64 + 1': '45', 'inner::deep::LEVEL': '3', 'rust_types::inner::deep::LEVEL': '3', '&tuple.0': /^0x/, '!0u8': '255', 'float * 1000.0 as u8 as f64': /^70/, '(float * 1000.0) as u8': '255', '-float as u8': '0', 'large as i32 * 2': '600', '5usize + 1': '6', '1e3f64': '1000', '0b101u8': '5',
  });
}, options);
