// The packages where nothing is installed: the minimal Debian SUITE. Each is put there as its users do it, and then debugs.
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { assert, at, Client, line, marked, program, runSession, temporaryFolder, test } from '../protocol/session.mjs';
import { Root } from './root.mjs';

const { SUITE, PACKAGES, VERSION } = process.env;
const USER = 1000;
const DEB = path.join(PACKAGES, `ptdap_${VERSION}_amd64.deb`);
const ARCHIVE = path.join(PACKAGES, `ptdap-${VERSION}-linux-x64.tar.gz`);
const VSIX = path.join(PACKAGES, 'ptdap-linux-x64.vsix');

function rooted(name, run) {
  test(name, { timeout: 1200000, skip: Root.obstacle(SUITE) }, async () => {
    const root = await Root.open(SUITE);
    try {
      await run(root);
    } finally {
      await root.close();
    }
  });
}

// A program of the system, without debug information: registers, and a call with its path.
async function debugsLs(dap) {
  await dap.launch({ program: '/bin/ls', args: ['-1', '/usr'], stopOnEntry: true });
  const { threadId } = await dap.stopped('entry');
  const frame = await dap.top(threadId);
  const groups = await dap.children(await dap.scope(frame.id, 'Registers'));
  const { rip } = await dap.variables(groups.find((group) => /^General/.test(group.name)));
  assert.ok(rip.value.startsWith(frame.instructionPointerReference), rip.value);
  const { instructions } = await dap.request('disassemble', { memoryReference: frame.instructionPointerReference, instructionCount: 4 });
  assert.ok(instructions.every(({ instruction }) => /^[a-z]/.test(instruction)), JSON.stringify(instructions));

  const entry = dap.capabilities.exceptionBreakpointFilters.find((filter) => /syscall entry/i.test(filter.label));
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [{ filterId: entry.filter, condition: 'openat if path("/usr")' }] });
  await dap.request('continue', { threadId });
  await dap.stopped('syscall');
  const call = await dap.variables(await dap.scope((await dap.top(threadId)).id, 'Syscall'));
  assert.equal(Object.values(call).find(({ name }) => /path|filename/.test(name)).value.replace(/^0x\w+ /, ''), '"/usr"');

  await dap.request('setExceptionBreakpoints', { filters: [] });
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
  assert.match(dap.output('stdout'), /^bin$/m);
}

// A program with debug information: a breakpoint on a line, locals, the stack.
async function debugsSource(dap) {
  await dap.launch({ program: '/tmp/steps', lines: at('steps.c', 'end of twice') });
  const { threadId } = await dap.stopped('breakpoint');
  assert.deepEqual(marked(dap), [threadId], 'what would be left behind is found');
  const [top, caller] = await dap.stack(threadId);
  assert.equal(top.line, line('steps.c', 'end of twice'));
  assert.equal(caller.name, 'main');
  assert.equal((await dap.locals(top.id)).result.value, '42');
  assert.equal((await dap.evaluate('x + 1', top.id)).result, '22');
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
}

async function works(root, ptdap, user) {
  assert.equal(root.run([ptdap, '--version'], { user }).stdout, `ptdap ${VERSION}\n`);
  root.take(program('steps'), '/tmp');
  for (const debugs of [debugsLs, debugsSource]) {
    const [file, ...args] = root.command([ptdap], user);
    await runSession(Client.spawn(file, args), debugs);
  }
  const { stdout, stderr } = root.run([ptdap, 'trace', '-f', '-e', 'openat,exit_group', '--', 'ls', '-1', '/usr'], { user });
  assert.match(stdout, /^bin$/m);
  assert.match(stderr, /openat\(AT_FDCWD<[^>]*>, "\/usr", .*O_DIRECTORY.*\) = \d+<\/usr>/);
  assert.match(stderr, /exit_group\(0\)/);
}

function showsManual(root, file) {
  const { stdout } = root.run(['gzip', '-dc', file]);
  const env = { ...process.env, MANPAGER: 'cat', MANWIDTH: '80', LC_ALL: 'C' };
  const shown = spawnSync('man', ['-l', '-'], { input: stdout, encoding: 'utf8', env });
  assert.match(shown.stdout, /^PTDAP\(1\)/);
}

rooted('nothing is installed beforehand that could help', (root) => {
  for (const name of ['libdw.so.1', 'libelf.so.1', 'libcjson.so.1', 'libZydis.so.4.0']) {
    assert.doesNotMatch(root.run(['ldconfig', '-p']).stdout, new RegExp(name.replaceAll('.', '\\.')));
  }
  root.run(['sh', '-c', 'command -v gcc gdb man'], { code: 127 });
});

rooted('the .deb: installed by apt, removed without a trace', async (root) => {
  const before = root.files();
  root.take(DEB, '/tmp');
  root.run(['apt-get', 'install', '-y', '-q', `/tmp/${path.basename(DEB)}`]);
  root.run(['dpkg', '--verify', 'ptdap']);
  await works(root, 'ptdap');
  await works(root, '/usr/bin/ptdap', USER);
  showsManual(root, '/usr/share/man/man1/ptdap.1.gz');
  for (const document of ['copyright', 'README.md', 'docs/launch.md', 'docs/syscalls.md']) {
    root.run(['test', '-s', `/usr/share/doc/ptdap/${document}`]);
  }
  root.run(['apt-get', 'purge', '-y', '-q', 'ptdap']);
  assert.deepEqual(root.files(), before);
  root.run(['dpkg', '-s', 'ptdap'], { code: 1 });
});

rooted('the .tar.gz: unpacked in a home, run by a user, also by a link to it', async (root) => {
  root.take(ARCHIVE, '/tmp');
  root.run(['tar', '-C', '/tmp', '-xzf', `/tmp/${path.basename(ARCHIVE)}`], { user: USER });
  const folder = `/tmp/ptdap-${VERSION}-linux-x64`;
  await works(root, `${folder}/bin/ptdap`, USER);
  showsManual(root, `${folder}/share/man/man1/ptdap.1.gz`);
  root.run(['ln', '-s', `${folder}/bin/ptdap`, '/usr/local/bin/ptdap']);
  await works(root, 'ptdap', USER);
});

rooted('the .vsix: its adapter, in the folder that VS Code unpacks it to', async (root) => {
  const folder = temporaryFolder();
  try {
    const { status, stderr } = spawnSync('unzip', ['-q', VSIX, '-d', folder], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const { publisher, name, version } = JSON.parse(fs.readFileSync(`${folder}/extension/package.json`, 'utf8'));
    const id = `${publisher}.${name}-${version}-linux-x64`;
    fs.renameSync(`${folder}/extension`, `${folder}/${id}`);
    root.take(`${folder}/${id}`, '/home/user/.vscode/extensions');
    await works(root, `/home/user/.vscode/extensions/${id}/bin/ptdap`, USER);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
