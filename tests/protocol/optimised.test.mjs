// What is left of values in optimised code.
import { assert, session, program, at } from './session.mjs';

session('a pointer to an object that was taken apart leads to its parts', async (dap) => {
  await dap.launch({ program: program('parts_of_objects'), lines: at('parts_of_objects.c', 'in look') });
  const { threadId } = await dap.stopped('breakpoint');
  const frame = await dap.top(threadId);
  assert.equal(frame.name, 'look');
  const results = {};
  for (const expression of ['*pair', 'pair->second', 'pair->first + 1', '*number']) {
    results[expression] = (await dap.evaluate(expression, frame.id, 'repl')).result;
  }
  assert.deepEqual(results, { '*pair': '{first = 1, second = 2}', 'pair->second': '2', 'pair->first + 1': '2', '*number': '7' });
  const pair = await dap.evaluate('pair', frame.id);
  assert.match(pair.result, /not in memory/);
  assert.deepEqual((await dap.children(pair)).map((v) => `${v.name} = ${v.value}`), ['first = 1', 'second = 2']);
  assert.match(await dap.failing('evaluate', { expression: 'pair + 1', frameId: frame.id, context: 'watch' }), /not in memory/);
});
