// What cannot be launched or attached to: each its own words, and the adapter is as good as before.
import fs from 'node:fs';
import path from 'node:path';
import { assert, session, program, temporaryFolder } from './session.mjs';

// The words of a launch that must fail; afterwards a good launch must still work in the same session.
function refused(name, words, make, { isRetried = true } = {}) {
  session(name, async (dap) => {
    const folder = temporaryFolder();
    try {
      await dap.initialize();
      const text = await dap.failing('launch', await make(folder));
      assert.match(text, words);
      assert.ok(!dap.has('exited'), 'nothing ran');
      if (isRetried) {
        await dap.request('launch', { program: program('exits_with_code') });
        await dap.request('configurationDone');
        assert.equal(await dap.exited(), 0);
      }
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
}

function elfCopy(folder, change) {
  const file = path.join(folder, 'changed');
  const bytes = fs.readFileSync(program('exits_with_code'));
  change(bytes);
  fs.writeFileSync(file, bytes, { mode: 0o755 });
  return { program: file };
}

refused('a missing program', /\/no\/such\/program.*(no such file|not found|does not exist)|(no such file|not found|does not exist).*\/no\/such\/program/i,
  () => ({ program: '/no/such/program' }));
refused('a bare name that is nowhere in PATH', /no-such-program-anywhere/, () => ({ program: 'no-such-program-anywhere' }));
refused('a directory', /director/i, () => ({ program: '/tmp' }));
refused('a file without the x bit', /execut|permission/i, (folder) => {
  fs.writeFileSync(`${folder}/plain`, '#!/bin/sh\n', { mode: 0o644 });
  return { program: `${folder}/plain` };
});
refused('a program of another architecture', /architecture|aarch64|x86-64|machine/i,
  (folder) => elfCopy(folder, (bytes) => bytes.writeUInt16LE(183, 18)));
refused('a 32-bit program', /32-bit|architecture|class|x86-64/i, (folder) => elfCopy(folder, (bytes) => {
  bytes[4] = 1;
  bytes.writeUInt16LE(3, 18);
}));
refused('a missing interpreter', /interpreter|ld-linux-x86-64\.so\.9/i, (folder) => elfCopy(folder, (bytes) => {
  const at = bytes.indexOf('/lib64/ld-linux-x86-64.so.2');
  bytes.write('9', at + 26);
}));
refused('a script whose interpreter is missing', /interpreter|\/no\/such\/shell/i, (folder) => {
  fs.writeFileSync(`${folder}/script`, '#!/no/such/shell\n', { mode: 0o755 });
  return { program: `${folder}/script` };
});
refused('a file that is no program', /exec|format|program|ELF/i, (folder) => {
  fs.writeFileSync(`${folder}/text`, 'just text\n', { mode: 0o755 });
  return { program: `${folder}/text` };
});
refused('a bad cwd', /cwd|folder|director/i, () => ({ program: program('exits_with_code'), cwd: '/no/such/folder' }));
refused('a cwd that is a file', /cwd|folder|director/i, () => ({ program: program('exits_with_code'), cwd: '/etc/passwd' }));
refused('a missing envFile', /envFile|\/no\/such\/env/, () => ({ program: program('exits_with_code'), envFile: '/no/such/env' }));
refused('a stdio file that cannot be opened', /stdio|\/no\/such\/in/, () => ({ program: program('exits_with_code'), stdio: ['/no/such/in'] }));
refused('no program at all', /program/, () => ({}));

const wrongTypes = {
  program: 5, args: 7, cwd: ['x'], env: 'A=1', stopOnEntry: 'yes', disableASLR: 1, envFile: {}, stdio: 7, sourceMap: 5,
};
for (const [name, value] of Object.entries(wrongTypes)) {
  refused(`the attribute ${name} of a wrong type`, new RegExp(name), () => ({ program: program('exits_with_code'), [name]: value }));
}
refused('an element of args of a wrong type', /args/, () => ({ program: program('exits_with_code'), args: ['a', 5] }));
refused('a value of env of a wrong type', /env|VALUE/, () => ({ program: program('exits_with_code'), env: { VALUE: 5 } }));

session('an unknown attribute is ignored with a note', async (dap) => {
  await dap.launch({ program: program('exits_with_code'), fooBarBaz: 1 });
  assert.equal(await dap.exited(), 0);
  assert.match(dap.output('console') + dap.output('important'), /fooBarBaz/);
});

session('the attributes every client adds get no note', async (dap) => {
  await dap.launch({ program: program('exits_with_code'), name: 'x', type: 'ptdap', request: 'launch', __sessionId: 'abc', preLaunchTask: 'b' });
  assert.equal(await dap.exited(), 0);
  assert.doesNotMatch(dap.output(), /__sessionId|preLaunchTask/);
});

session('a program is found in PATH', async (dap) => {
  await dap.launch({ program: 'true' });
  assert.equal(await dap.exited(), 0);
});

session('a bare name is that of a program in cwd, if there is one, before one of PATH', async (dap) => {
  const folder = temporaryFolder();
  fs.writeFileSync(`${folder}/true`, '#!/bin/sh\nexit 7\n', { mode: 0o755 });
  await dap.launch({ program: 'true', cwd: folder });
  assert.equal(await dap.exited(), 7);
});

session('a bare name of a folder in cwd is searched in PATH', async (dap) => {
  const folder = temporaryFolder();
  fs.mkdirSync(`${folder}/true`);
  await dap.launch({ program: 'true', cwd: folder });
  assert.equal(await dap.exited(), 0);
});

refused('a bare name of a file in cwd that may not be executed', /chmod/, (folder) => {
  fs.writeFileSync(`${folder}/unexecutable`, '');
  return { program: 'unexecutable', cwd: folder };
});

session('attach to no process', async (dap) => {
  await dap.initialize();
  assert.match(await dap.failing('attach', { pid: 2 ** 22 + 5 }), /no such process|no process/i);
  assert.match(await dap.failing('attach', {}), /pid/);
  assert.match(await dap.failing('attach', { pid: 'x' }), /pid/);
  assert.match(await dap.failing('attach', { pid: -1 }), /pid/);
  assert.match(await dap.failing('attach', { pid: dap.pid }), /.+/, 'not to itself');
});
