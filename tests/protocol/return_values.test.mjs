// What stepping out says a function returned is what its caller gets.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { assert, session, source, temporaryFolder } from './session.mjs';

const FILE = 'returns_values.cpp';
const kinds = [...fs.readFileSync(source(FILE), 'utf8').matchAll(/\s_\((\w+), /g)].map((found) => found[1]);

for (const compiler of ['g++', 'clang++']) {
  const skip = spawnSync(compiler, ['--version']).status !== 0;
  session(`values returned by code of ${compiler}`, async (dap) => {
    const folder = temporaryFolder();
    const program = path.join(folder, 'returns');
    const { status, stderr } = spawnSync(compiler, ['-g', '-O0', '-o', program, source(FILE)], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    await dap.launch({ program, functions: kinds.map((kind) => `return_${kind}`) });
    assert.ok(kinds.length > 20);
    for (const kind of kinds) {
      const { threadId } = await dap.stopped('function breakpoint');
      const [, frame] = await dap.step('stepOut', threadId);
      const locals = await dap.children(await dap.scope(frame.id, 'Locals'));
      const returned = locals.find((v) => v.name.endsWith(' returned)'));
      assert.ok(returned, `${kind}: nothing returned`);
      // The caller stores it in the instructions that follow the call.
      let got = (await dap.evaluate('got', frame.id)).result;
      for (let i = 0; i < 12 && got !== returned.value; i++) {
        await dap.request('next', { threadId, granularity: 'instruction' });
        const { reason } = await dap.stopped();
        assert.equal(reason, 'step', `${kind}: returned ${returned.value}, but the caller got ${got}`);
        got = (await dap.evaluate('got', (await dap.top(threadId)).id)).result;
      }
      assert.equal(got, returned.value, kind);
      await dap.request('continue', { threadId });
    }
    assert.equal(await dap.exited(), 0);
    fs.rmSync(folder, { recursive: true });
  }, { skip });
}
