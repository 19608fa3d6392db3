// ptdap trace on trees of processes: -f, -p, -o, prefixes, interrupts.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { assert, program, temporaryFolder, test } from './session.mjs';

const PTDAP = process.env.PTDAP;
const LIMIT = { timeout: 120000 };

function trace(...args) {
  const { status, stdout, stderr } = spawnSync(PTDAP, ['trace', ...args], { encoding: 'utf8', timeout: 60000 });
  return { code: status, stdout, stderr };
}

// What one process did, by pid.
function byProcess(text) {
  const processes = new Map();
  for (const [, pid, rest] of text.matchAll(/^(\d+) (.*)$/gm)) {
    processes.set(pid, [...processes.get(pid) ?? [], rest]);
  }
  return processes;
}

async function waitFor(condition, what) {
  for (let i = 0; i < 3000; i++) {
    const value = condition();
    if (value) {
      return value;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`in vain: ${what}`);
}

function tracerOf(pid) {
  try {
    return Number(/TracerPid:\s*(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
  } catch {
    return undefined;
  }
}

function isGone(pid) {
  try {
    return /^State:\s*[ZX]/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}

test('-f follows every child; lines name their process, the exit code is the program\'s', LIMIT, () => {
  const { code, stdout, stderr } = trace('-f', '-e', 'execve,exit_group', '--', '/bin/sh', '-c', '/bin/echo one; (exit 4); /bin/echo two | cat; exit 3');
  assert.equal(code, 3);
  assert.equal(stdout, 'one\ntwo\n');
  const processes = byProcess(stderr);
  const ends = [...processes.values()].map((lines) => /exited with (\d+)/.exec(lines.at(-1))?.[1]).sort();
  assert.deepEqual(ends.filter((end) => end !== '0'), ['3', '4']);
  const calls = [...processes.values()].flat();
  assert.ok(calls.some((line) => /execve\(".*echo", \["\/bin\/echo", "one"\].*= 0$/.test(line)));
  assert.ok(calls.some((line) => /execve\(".*echo", \["\/bin\/echo", "two"\].*= 0$/.test(line)));
  assert.ok(calls.some((line) => /execve\(".*cat", \["cat"\].*= 0$/.test(line)));
});

test('without -f the children run free, and nothing of them is shown', LIMIT, () => {
  const { code, stdout, stderr } = trace('-e', 'execve,exit_group', '--', '/bin/sh', '-c', '/bin/echo one; exit 0');
  assert.equal(code, 0);
  assert.equal(stdout, 'one\n');
  assert.doesNotMatch(stderr, /execve\("\/bin\/echo/);
  assert.doesNotMatch(stderr, /^\d+ \d+ /m, 'no prefix for the only one');
  assert.equal([...stderr.matchAll(/\+\+\+/g)].length, 2);
});

test('the trace ends when all are gone, also those that outlive the program', LIMIT, () => {
  const { code, stderr } = trace('-f', '-e', 'exit_group', '--', '/bin/sh', '-c', '(setsid sh -c "sleep 0.2; exit 7" &); exit 5');
  assert.equal(code, 5);
  assert.match(stderr, /exited with 5[^]*exited with 7/);
});

test('-o writes to a file; a file that cannot be written is told', LIMIT, () => {
  const folder = temporaryFolder();
  const { code, stderr } = trace('-f', '-o', `${folder}/lines`, '-e', 'exit_group', '--', '/bin/sh', '-c', '(exit 0); exit 2');
  assert.equal(code, 2);
  assert.equal(stderr, '');
  assert.equal(byProcess(fs.readFileSync(`${folder}/lines`, 'utf8')).size, 2);
  assert.match(trace('-o', `${folder}/no/such/lines`, '--', '/bin/true').stderr, /no\/such\/lines: No such file/);
  fs.rmSync(folder, { recursive: true });
});

test('wrong command lines say what is wrong', LIMIT, () => {
  for (const [args, words] of [
    [[], /which program/], [['-p'], /-p/], [['-p', 'x'], /number.*x/], [['-p', '-4'], /-4/], [['-Q', 'ls'], /-Q/], [['-s', '0', 'ls'], /number.*0/],
    [['-p', '1', 'ls'], /ls/], [['-e', 'nosuchcall', 'ls'], /nosuchcall/],
  ]) {
    const { code, stderr } = trace(...args);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, words);
    assert.match(stderr, /usage: ptdap trace/);
  }
  const missing = trace('-p', '4194304');
  assert.equal(missing.code, 126);
  assert.match(missing.stderr, /no process 4194304/);
  const help = trace('--help');
  assert.equal(help.code, 0);
  for (const option of ['-e', '-f', '-o', '-p', '-s', '-v']) {
    assert.match(help.stdout, new RegExp(`^ +${option}\\b`, 'm'));
  }
});

test('-p attaches to all of a process; an interrupt leaves it running as it was', LIMIT, async () => {
  const shell = spawn('/bin/sh', ['-c', 'while read word; do /bin/echo $word; done; exit 6'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  shell.stdout.on('data', (chunk) => { said += chunk; });
  const tracer = spawn(PTDAP, ['trace', '-f', '-e', 'execve', '-p', String(shell.pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
  let lines = '';
  tracer.stderr.on('data', (chunk) => { lines += chunk; });
  await waitFor(() => tracerOf(shell.pid) === tracer.pid, 'the tracer is there');
  shell.stdin.write('hello\n');
  await waitFor(() => /echo", "hello".*= 0\n.*exited with 0/.test(lines), 'the child is traced');
  tracer.kill('SIGINT');
  const [code] = await new Promise((resolve) => tracer.on('close', (...end) => resolve(end)));
  assert.equal(code, 0);
  assert.equal(tracerOf(shell.pid), 0);
  shell.stdin.end('again\n');
  const [end] = await new Promise((resolve) => shell.on('close', (...words) => resolve(words)));
  assert.equal(end, 6);
  assert.equal(said, 'hello\nagain\n');
});

for (const signal of ['SIGTERM', 'SIGKILL']) {
  test(`what was launched dies with us: ${signal}`, LIMIT, async () => {
    const tracer = spawn(PTDAP, ['trace', '-f', '-e', 'execve', '--', '/bin/sh', '-c', 'sleep 600 & (setsid sleep 601 &); exec sleep 602'],
      { stdio: ['ignore', 'ignore', 'pipe'] });
    let lines = '';
    tracer.stderr.on('data', (chunk) => { lines += chunk; });
    await waitFor(() => [...lines.matchAll(/\["sleep", "60[012]"\].*= 0/g)].length === 3, 'all three sleep');
    const pids = [...byProcess(lines).keys()];
    tracer.kill(signal);
    const [code, by] = await new Promise((resolve) => tracer.on('close', (...end) => resolve(end)));
    assert.ok(signal === 'SIGKILL' ? by === signal : code === 128 + 15, `${code} ${by}`);
    for (const pid of pids) {
      await waitFor(() => isGone(pid), `the end of ${pid}`);
    }
  });
}

test('storms of children under -f', LIMIT, () => {
  const { code, stderr } = trace('-f', '-e', 'exit_group', '--', '/bin/sh', '-c', 'i=0; while [ $i -lt 100 ]; do /bin/true; i=$((i+1)); done');
  assert.equal(code, 0);
  assert.equal([...stderr.matchAll(/exited with 0/g)].length, 101);
  assert.equal(trace('-f', '-e', 'exit_group', '--', program('makes_family'), 'storm-spawn').code, 0);
});
