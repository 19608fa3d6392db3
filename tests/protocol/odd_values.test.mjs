// Values at the edges of C.
import { assert, session, program, at } from './session.mjs';

async function words(dap, mark, expressions, context = 'repl') {
  await dap.launch({ program: program('odd_values'), lines: at('odd_values.c', mark) });
  const { threadId } = await dap.stopped('breakpoint');
  const frame = await dap.top(threadId);
  assert.deepEqual(await dap.wrongValues(frame.id, expressions, context), {});
  return frame;
}

session('arrays whose size only the program knows', async (dap) => {
  const frame = await words(dap, 'sized', {
    line: '[3] {0, 1, 4}', 'line[2]': '4', table: '[3] {{101, 102}, {103, 104}, {105, 106}}', 'table[1]': '[2] {103, 104}', 'table[2][1]': '106', text: '"abc"',
    'sizeof(line)': '12', 'sizeof(table)': '24', 'sizeof table[0]': '8', 'sizeof(*pointer)': '8', '*pointer': '[2] {101, 102}', '(*pointer)[1]': '102', 'pointer[2][0]': '105',
    '*(pointer + 1)': '[2] {103, 104}', '*(table + 1)': '[2] {103, 104}', '&table[1] - &table[0]': '1', given: /^0x/, 'given[1]': '[2] {3, 4}', 'given[2][1]': '6',
    'table[1][0] = -1': '-1', 'table[1] ': '[2] {-1, 104}', 'text = "xy"': '"xy"', calls: '3',
  });
  const { table } = await dap.locals(frame.id);
  assert.equal(table.indexedVariables, 3);
  assert.equal(table.type, 'int [3][2]');
  const rows = await dap.children(table);
  const [, last] = await dap.children(rows[2]);
  assert.deepEqual([rows[2].value, last.value, last.evaluateName], ['[2] {105, 106}', '106', 'table[2][1]']);
});

session('a static local is found from anywhere by the name of its function', async (dap) => {
  await words(dap, 'looks', { 'sized::calls': '3', 'sized::calls = 4': '4', 'sized::calls + 1': '5', 'sized::nothing': /no symbol/ });
});

session('arrays without a size: where they are, what one asks for', async (dap) => {
  await words(dap, 'looks', {
    'flexible->data': /^0x[0-9a-f]+$/, '*flexible': /^\{count = 3, data = 0x[0-9a-f]+\}$/, 'flexible->data,[3]': '[3] {100, 101, 102}', 'flexible->data[2]': '102',
    'old->data': /^0x[0-9a-f]+$/, 'old->data[1]': '101', 'named->text': '"flexibl"', '*named': /text = "flexibl"\}/, 'sizeof(flexible->data)': '0', 'flexible->data + 1': /^0x/,
    '(int [2])given': '[2] {1, 2}', '(int [3])flexible->data': '[3] {100, 101, 102}',
  });
});

session('wide characters, complex numbers and bit fields', async (dap) => {
  await words(dap, 'looks', {
    euro: "8364 L'€'", face: "128512 U'😀'", unit: "233 u'é'", 'wide[1]': "233 L'é'", 'wide = L"ab"': 'L"ab"', wide: 'L"ab"', 'wide = L"toolong"': /room for/,
    number: '1 - 2i', 'number = 3': '3 + 0i', 'number = 2.5': '2.5 + 0i', 'number + 1': /complex/,
    'bits.low = 8': /does not fit into 3 bits/, 'bits.low': '5', 'bits.low = 7': '7', 'bits.middle = 16': /does not fit into 5 bits/, 'bits.middle = -16': '-16', 'bits.middle = 15': '15',
    'bits.on = 0': 'false', 'bits.on = 5': 'true', bits: '{low = 7, middle = 15, on = true}',
  });
});
