// The program's other faces: --version, --help, --listen, --log, trace.
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import { promisify } from 'node:util';
import { assert, program, temporaryFolder, test } from './session.mjs';
import { Decoder, encode } from './framing.mjs';

const PTDAP = process.env.PTDAP;
const LIMIT = { timeout: 120000 };
const run = promisify(execFile);

// {code, stdout, stderr} of any end.
async function ends(args, options = {}) {
  try {
    return { code: 0, ...await run(PTDAP, args, { timeout: 60000, ...options }) };
  } catch (error) {
    return { code: error.code, stdout: error.stdout, stderr: error.stderr };
  }
}

test('--version and --help', LIMIT, async () => {
  assert.match((await ends(['--version'])).stdout, /ptdap.* \d+\.\d+/);
  const help = await ends(['--help']);
  assert.equal(help.code, 0);
  for (const word of ['--listen', '--log', 'trace', '--version', '--help-launch[=json]', '--list-syscalls', '--check-syscalls']) {
    assert.ok(help.stdout.includes(word), word);
  }
});

test('--list-syscalls is what rules can name', LIMIT, async () => {
  const { stdout } = await ends(['--list-syscalls']);
  const { syscalls, groups, errors } = JSON.parse(stdout);
  assert.deepEqual(syscalls.find(({ name }) => name === 'openat'),
    { name: 'openat', number: 257, arguments: ['dirfd', 'pathname', 'flags', 'mode'], groups: ['file', 'desc'] });
  assert.deepEqual(syscalls.find(({ name }) => name === 'sched_yield'), { name: 'sched_yield', number: 24, arguments: [], groups: [] });
  const numbers = syscalls.map(({ number }) => number);
  assert.deepEqual(numbers, [...new Set(numbers)].sort((a, b) => a - b));
  assert.ok(groups.every(({ name, description }) => name && description));
  assert.deepEqual(new Set(syscalls.flatMap((call) => call.groups)), new Set(groups.map(({ name }) => name)));
  const aliases = ['EWOULDBLOCK', 'EDEADLOCK', 'ENOTSUP'];
  const known = Object.keys(os.constants.errno).filter((name) => !aliases.includes(name));
  assert.deepEqual(known.filter((name) => !errors.some((error) => error.name === name)), []);
  assert.deepEqual(errors[0], { name: 'EPERM', number: 1, description: 'Operation not permitted' });
  const everyGroup = groups.map(({ name }) => `%${name}`).join(',');
  assert.equal((await ends(['trace', '-e', everyGroup, '--', '/bin/true'])).code, 0, 'rules take each group');
  const everyCall = syscalls.map(({ name }) => `!${name}`).join(',');
  assert.match((await ends(['trace', '-e', everyCall, '--', '/bin/true'])).stderr, /^\+\+\+ exited with 0 \+\+\+$/m);
});

test('--check-syscalls tells a right rule from a wrong one, with the place and the cure', LIMIT, async () => {
  const right = ['openat', '', '%file,!close', 'openat if $errno == ENOENT; #3', 'write if names_of_a_program == 1', 'openat if $arg.pathname == "--help"'];
  for (const rule of right) {
    assert.deepEqual(await ends(['--check-syscalls', rule]), { code: 0, stdout: '', stderr: '' }, rule);
  }
  const wrong = {
    'openat,opennat': /^ptdap: no syscall 'opennat' \(column 8\): did you mean 'openat'\?$/,
    'openat; openat if $errno = ENOENT': /^ptdap: a condition changes nothing \(column 26\): == compares$/,
    'write if $arg.nosuch == 1': /^ptdap: write has no argument "nosuch" \(column 15\): it has fd, buf, count$/,
    '--help': /^ptdap: no syscall '--help' \(column 1\)/,
  };
  for (const [rule, pattern] of Object.entries(wrong)) {
    const { code, stdout, stderr } = await ends(['--check-syscalls', rule]);
    assert.deepEqual([code, stdout], [1, ''], rule);
    assert.match(stderr.trim(), pattern);
  }
  const missing = await ends(['--check-syscalls']);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /a value is missing behind --check-syscalls/);
});

test('--help-launch=json says what --help-launch does', LIMIT, async () => {
  const { attributes } = JSON.parse((await ends(['--help-launch=json'])).stdout);
  const rows = (await ends(['--help-launch'])).stdout.trim().split('\n').slice(2).map((row) => row.slice(2).split(' | '));
  const namesIn = (cell) => [...cell.matchAll(/`(\w+)`/g)].map((match) => match[1]);
  assert.deepEqual(attributes.map(({ name, aliases }) => [name, ...aliases]), rows.map(([names]) => namesIn(names)));
  assert.deepEqual(attributes.map(({ requests }) => requests.length > 1 ? 'both' : requests[0]), rows.map((row) => row[2]));
  assert.deepEqual(attributes.filter(({ required }) => required).map(({ name }) => name), ['program', 'pid']);
  assert.deepEqual(attributes.filter(({ hasEffect }) => !hasEffect).map(({ name }) => name),
    attributes.filter(({ description }) => /Not built yet|has no effect/.test(description)).map(({ name }) => name));
  const typeOf = (value) => value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  for (const attribute of attributes) {
    assert.ok(attribute.type.length && attribute.description, attribute.name);
    if ('default' in attribute) {
      assert.ok(attribute.type.includes(typeOf(attribute.default)), attribute.name);
      assert.ok(!attribute.enum || attribute.enum.includes(attribute.default), attribute.name);
    }
  }
  const named = (wanted) => attributes.find(({ name }) => name === wanted);
  assert.equal(named('disableASLR').default, true);
  assert.deepEqual(named('args').default, []);
  assert.equal(named('stdio').default, null);
  assert.ok(!('default' in named('cwd')) && !('default' in named('program')));
  assert.deepEqual(named('breakpointMode').enum, ['software', 'hardware']);
  assert.deepEqual(named('env').type, ['object', 'array']);
});

test('what cannot be printed is an error', LIMIT, async () => {
  const full = fs.openSync('/dev/full', 'w');
  const child = spawn(PTDAP, ['--list-syscalls'], { stdio: ['ignore', full, 'pipe'] });
  fs.closeSync(full);
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(code, 1);
  assert.match(stderr, /^ptdap: writing to stdout: No space left on device$/m);
});

test('an unknown option is refused', LIMIT, async () => {
  const { code, stderr, stdout } = await ends(['--frobnicate']);
  assert.notEqual(code, 0);
  assert.match(stderr, /frobnicate/);
  assert.equal(stdout, '');
});

for (const address of ['0.0.0.0:4711', '192.168.1.1:4711', 'example.org:80', '4711', 'unix:', '127.0.0.1:99999', '127.0.0.1:x', '::1:4711']) {
  test(`--listen ${address} is refused with the reason`, LIMIT, async () => {
    const { code, stderr } = await ends(['--listen', address]);
    assert.notEqual(code, 0);
    assert.match(stderr, /^ptdap: \S/);
    assert.match(stderr, /127\.0\.0\.1|unix:|port|path/i, 'it says what is allowed');
  });
}

async function listening(address, use, options = []) {
  const child = spawn(PTDAP, [...options, '--listen', address], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  try {
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no word of listening: ${text}`)), 30000);
      const look = (chunk) => {
        text += chunk;
        if (/listening on \S+/.test(text)) {
          clearTimeout(timer);
          resolve();
        }
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
    });
    await use(/listening on (\S+)/.exec(text)[1]);
  } finally {
    child.kill('SIGTERM');
    await new Promise((resolve) => child.on('close', resolve));
  }
  assert.doesNotMatch(text, /Sanitizer|runtime error/);
}

// A small session over a socket: the exit code of the program.
function sessionOver(where) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(where);
    const decoder = new Decoder();
    let exitCode;
    let seq = 0;
    const send = (command, args = {}) => socket.write(encode({ seq: ++seq, type: 'request', command, arguments: args }));
    socket.on('error', reject);
    socket.on('connect', () => send('initialize', { adapterID: 'x' }));
    socket.on('data', (chunk) => decoder.push(chunk, (message) => {
      if (message.command === 'initialize') {
        send('launch', { program: program('exits_with_code'), args: ['12'] });
      } else if (message.event === 'initialized') {
        send('configurationDone');
      } else if (message.event === 'exited') {
        exitCode = message.body.exitCode;
      } else if (message.event === 'terminated') {
        send('disconnect');
      }
    }));
    socket.on('close', () => resolve(exitCode));
  });
}

test('--listen on TCP: one session after the other, and two at once', LIMIT, async () => {
  await listening('127.0.0.1:0', async (address) => {
    const where = { host: '127.0.0.1', port: Number(address.split(':')[1]) };
    assert.equal(await sessionOver(where), 12);
    assert.deepEqual(await Promise.all([sessionOver(where), sessionOver(where)]), [12, 12]);
  });
});

test('--listen on a unix socket', LIMIT, async () => {
  const folder = temporaryFolder();
  await listening(`unix:${folder}/socket`, async () => {
    assert.equal(await sessionOver({ path: `${folder}/socket` }), 12);
  });
  fs.rmSync(folder, { recursive: true });
});

test('--log of several sessions: whole lines, each with its process', LIMIT, async () => {
  const folder = temporaryFolder();
  await listening('127.0.0.1:0', async (address) => {
    const where = { host: '127.0.0.1', port: Number(address.split(':')[1]) };
    assert.deepEqual(await Promise.all(Array.from({ length: 4 }, () => sessionOver(where))), [12, 12, 12, 12]);
  }, ['--log', `${folder}/log`]);
  const lines = fs.readFileSync(`${folder}/log`, 'utf8').trim().split('\n');
  assert.deepEqual(lines.filter((line) => !/^\d+\.\d{6} \d+ \w+ /.test(line)), []);
  const sent = lines.filter((line) => / dap (->|<-) /.test(line));
  assert.equal(new Set(sent.map((line) => line.split(' ')[1])).size, 4);
  assert.ok(sent.every((line) => JSON.parse(line.slice(line.indexOf('{'))).seq > 0));
  fs.rmSync(folder, { recursive: true });
});

test('--log writes the traffic with times', LIMIT, async () => {
  const folder = temporaryFolder();
  const child = spawn(PTDAP, ['--log', `${folder}/log`], { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(encode({ seq: 1, type: 'request', command: 'initialize', arguments: { adapterID: 'loggable' } }));
  await new Promise((resolve) => child.on('close', resolve));
  const log = fs.readFileSync(`${folder}/log`, 'utf8');
  assert.match(log, /loggable/);
  assert.match(log, /supportsConfigurationDoneRequest/);
  assert.match(log.split('\n')[0], /\d+[.:]\d+/);
  fs.rmSync(folder, { recursive: true });
});

test('trace prints each syscall as it returns, the program writes to our terminal', LIMIT, async () => {
  const { code, stdout, stderr } = await ends(['trace', '--', program('makes_syscalls')]);
  assert.equal(code, 0);
  const text = stdout + stderr;
  assert.match(stdout, /^hello$/m);
  assert.match(text, /\b257\b.*openat\(AT_FDCWD(?:<[^>]*>)?, "\/etc\/hostname", O_RDONLY\|O_CLOEXEC.*\) = \d+/);
  assert.match(text, /openat\(AT_FDCWD(?:<[^>]*>)?, "\/no\/such\/file".*ENOENT/);
  assert.match(text, /\b39\b.*getpid\(\) = \d+/);
  assert.match(text, /exit_group\(0\)/);
  assert.match(text, /exited with 0/);
});

test('trace -e takes a list; the exit status is the program\'s', LIMIT, async () => {
  const { stdout, stderr } = await ends(['trace', '-e', 'close,getpid', '--', program('makes_syscalls')]);
  const names = [...(stdout + stderr).matchAll(/^(?:\d+ )*(\w+)\(/gm)].map((m) => m[1]);
  assert.deepEqual([...new Set(names)].sort(), ['close', 'getpid']);
  assert.equal((await ends(['trace', '--', program('exits_with_code'), '5'])).code, 5);
  assert.match((await ends(['trace', '--', program('exits_with_code'), 'signal', '9'])).stderr, /SIGKILL/);
  const unknown = await ends(['trace', '-e', 'nosuchcall', '--', '/bin/true']);
  assert.notEqual(unknown.code, 0);
  assert.match(unknown.stderr, /nosuchcall/);
  const missing = await ends(['trace', '--', '/no/such/program']);
  assert.equal(missing.code, 127, 'as a shell says it');
  assert.match(missing.stderr, /\/no\/such\/program/);
  assert.equal((await ends(['trace', '--', '/tmp'])).code, 126);
  assert.equal((await ends(['trace', '--', 'no-such-program-anywhere'])).code, 127);
});

test('trace --seccomp-bpf prints the same, waits for children and serves them', LIMIT, async () => {
  const traced = async (...options) => {
    const { code, stderr } = await ends(['trace', ...options, '--', program('makes_syscalls')]);
    return { code, text: stderr.replace(/getpid\(\) = \d+/, 'getpid()') };
  };
  const plain = await traced('-e', 'openat,getpid,exit_group');
  assert.match(plain.text, /openat.*openat/s);
  assert.deepEqual(await traced('--seccomp-bpf', '-e', 'openat,getpid,exit_group'), plain);
  const folder = temporaryFolder();
  const { code, stderr } = await ends(['trace', '--seccomp-bpf', '-e', 'getppid', '--', program('filters_calls'), 'daemon', `${folder}/file`]);
  assert.equal(code, 0);
  assert.match(stderr, /exited with 0/);
  assert.ok(fs.existsSync(`${folder}/file`), 'the daemon made it before trace ended');
  fs.rmSync(folder, { recursive: true });
});

test('trace -f --seccomp-bpf sees the calls of all children, as without it', LIMIT, async () => {
  const counted = async (...options) => {
    const { code, stderr } = await ends(['trace', ...options, '-e', 'getppid', '--', program('filters_calls'), 'fork']);
    assert.equal(code, 0);
    return stderr.match(/getppid\(\)/g).length;
  };
  assert.equal(await counted('-f', '--seccomp-bpf'), 5 + 5 + 4 * 20 + 3);
  assert.equal(await counted('-f'), 5 + 5 + 4 * 20 + 3);
  assert.equal(await counted('--seccomp-bpf'), 5);
});

test('trace writes a log if it is asked to', LIMIT, async () => {
  const folder = temporaryFolder();
  assert.equal((await ends(['--log', `${folder}/log`, 'trace', '-e', 'close', '--', '/bin/true'])).code, 0);
  assert.match(fs.readFileSync(`${folder}/log`, 'utf8'), /launched \/\S*true/);
  fs.rmSync(folder, { recursive: true });
});
