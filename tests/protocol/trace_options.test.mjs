// ptdap trace: rules, injection, times, stacks, the table of counts, JSON lines.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { assert, program, line, temporaryFolder, test } from './session.mjs';

const LIMIT = { timeout: 120000 };
const run = promisify(execFile);

async function traced(options, words = [program('makes_syscalls')]) {
  const file = path.join(temporaryFolder(), 'trace');
  let code = 0;
  try {
    await run(process.env.PTDAP, ['trace', '-o', file, ...options, '--', ...words], { timeout: 60000 });
  } catch (error) {
    if (typeof error.code !== 'number') {
      throw error;
    }
    code = error.code;
  }
  return { code, text: fs.readFileSync(file, 'utf8') };
}

async function refused(options) {
  const error = await run(process.env.PTDAP, ['trace', ...options, '--', '/bin/true']).then(() => assert.fail('it ran'), (e) => e);
  assert.equal(error.code, 2);
  return error.stderr;
}

test('-e takes a rule with a condition', LIMIT, async () => {
  const { text } = await traced(['-e', 'openat if $errno == ENOENT']);
  const opened = text.split('\n').filter((l) => / openat\(/.test(l));
  assert.ok(opened.length >= 1, text);
  assert.ok(opened.every((l) => /= -1 ENOENT/.test(l)), text);
});

test('-e inject= and --inject make a call fail', LIMIT, async () => {
  for (const options of [['-e', 'trace=read', '-e', 'inject=read:error=EIO:when=2+'], ['-e', 'read', '--inject=read:error=EIO:when=2+']]) {
    const { code, text } = await traced(options);
    assert.match(text, /read\(.*\/etc\/hostname.*\) = -1 EIO \(Input\/output error\) \(INJECTED\)/);
    assert.equal(code, 1);
  }
});

test('-T shows how long a call took', LIMIT, async () => {
  const { text } = await traced(['-T', '-e', 'nanosleep,clock_nanosleep'], ['/bin/sleep', '0.05']);
  const [, took] = /clock_nanosleep\(.*\) = 0 <(\d+\.\d+)>/.exec(text) ?? assert.fail(text);
  assert.ok(Number(took) >= 0.05, took);
});

test('-k shows the stack with lines', LIMIT, async () => {
  const { text } = await traced(['-k', '-e', 'getpid']);
  assert.match(text, new RegExp(`getpid\\(\\) = \\d+\\n > syscall[^\\n]*libc[^\\n]*\\n > main \\(makes_syscalls\\) \\[0x[0-9a-f]+\\] .*makes_syscalls\\.c:${line('makes_syscalls.c', 'pid')}`));
});

test('-c shows the table alone, -C behind the lines', LIMIT, async () => {
  const alone = await traced(['-c']);
  assert.match(alone.text, /^% time +seconds +us\/call +calls +errors syscall\n/);
  assert.match(alone.text, / 1 +getpid\n/);
  assert.match(alone.text, / total\n$/);
  const behind = await traced(['-C', '-e', 'getpid']);
  assert.match(behind.text, /getpid\(\) = \d+\n.*\+\+\+ exited with 0 \+\+\+\n% time/s);
});

test('-c counts as strace does', LIMIT, async () => {
  const counts = (text) => Object.fromEntries([...text.matchAll(/^ *[\d.]+ +[\d.]+ +[\d.]+ +(\d+) +(?:(\d+) +)?(\w+)$/gm)]
    .map(([, calls, errors, name]) => [name, `${calls} ${errors ?? 0}`]).filter(([name]) => name !== 'total'));
  const mine = await traced(['-c', '-f'], ['/bin/ls', '/']);
  const file = path.join(temporaryFolder(), 'strace');
  await run('strace', ['-c', '-f', '-o', file, '/bin/ls', '/']);
  assert.deepEqual(counts(mine.text), counts(fs.readFileSync(file, 'utf8')));
});

test('--json: an object a line', LIMIT, async () => {
  const { text } = await traced(['--json', '-k', '-e', 'openat if path("/no/**")']);
  const objects = text.trim().split('\n').map((l) => JSON.parse(l));
  const [call, end] = objects.slice(-2);
  assert.deepEqual([call.syscall, call.number, call.abi, call.result, call.errno], ['openat', 257, 'x86-64', -2, 'ENOENT']);
  assert.equal(call.arguments[1].text, '"/no/such/file"');
  assert.deepEqual(call.arguments.map(({ name }) => name), ['dirfd', 'pathname', 'flags', 'mode']);
  assert.match(call.arguments[1].value, /^0x[0-9a-f]+$/);
  assert.ok(call.durationNs > 0 && call.pid === call.tid);
  assert.ok(call.stack.some((f) => f.function === 'main' && f.line === line('makes_syscalls.c', 'fails')), JSON.stringify(call.stack));
  assert.deepEqual(end, { pid: call.pid, exitCode: 0 });
});

test('the execve that starts the program is the first line', LIMIT, async () => {
  const { text } = await traced([], ['/bin/echo', 'a b']);
  assert.match(text, /^59 execve\("\/bin\/echo", \["\/bin\/echo", "a b"\], 0x[0-9a-f]+ \/\* \d+ vars \*\/\) = 0\n/);
});

test('a bare name stays the program\'s own name', LIMIT, async () => {
  const { text } = await traced(['-e', 'execve'], ['true']);
  assert.match(text, /^59 execve\("\/\S*\/true", \["true"\], /);
});

test('mistakes are pointed at', LIMIT, async () => {
  assert.match(await refused(['-e', 'openat,opennat']), /no syscall 'opennat' \(column 8\)/);
  assert.match(await refused(['-e', 'openat if $arg.nope == 1']), /nope.*column \d+|column \d+.*nope/);
  assert.match(await refused(['--inject', 'read:error=EWHAT']), /EWHAT/);
  assert.match(await refused(['--frob']), /unknown option --frob/);
});
