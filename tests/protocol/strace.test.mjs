// Differential: the calls of real programs as strace tells them and as ptdap trace does.
import fs from 'node:fs';
import path from 'node:path';
import { assert, program, temporaryFolder, test } from './session.mjs';
import { CANNOT_TRACE, canRun, compare, tell, traceTwice } from './strace.mjs';

const MUST_AGREE = 0.99;
const SKIPPED = 77;   // as automake has it
// Declared, but on one side only: chance decides some waits, and no more than so many.
const ALONE_AT_MOST = 0.05;

function traced(name, words, { skip, ...options } = {}) {
  test(`${name}: strace and ptdap trace tell the same`, { timeout: 240000, skip: CANNOT_TRACE || skip }, (t) => {
    const folder = temporaryFolder();
    const [strace, ptdap] = traceTwice(folder, words, options);
    assert.equal(ptdap.status, strace.status, 'exit status');
    if (strace.status === SKIPPED) {
      t.skip('the program says that it cannot do this here');
      return;
    }
    assert.equal(strace.status, 0);
    const report = compare(strace, ptdap);
    const text = tell(name, report);
    t.diagnostic(text);
    assert.ok(report.lines > 20, `only ${report.lines} lines`);
    assert.ok(report.unexplained.length <= report.lines * (1 - MUST_AGREE), text);
    assert.ok(report.alone <= report.lines * ALONE_AT_MOST, text);
  });
}

// What the comparison is to find: else all below passes whatever ptdap says.
test('the comparison sees what differs', () => {
  const lines = ['257 openat(AT_FDCWD</tmp>, "a", O_RDONLY) = 3</tmp/a>', '0 read(3</tmp/a>, "text", 10) = 4', '39 getpid() = 7', '57 fork() = 8',
    '3 close(3</tmp/a>) = -1 EBADF (Bad file descriptor)', '231 exit_group(0) = ?'];
  const run = (changed, from = '', to = '', tid = 7) => ({ processes: [{ tid, lines: lines.map((line, i) => (i === changed ? line.replace(from, to) : line)) }, { tid: tid + 1, lines: ['39 getpid() = 8'] }] });
  const unexplained = (...change) => compare(run(), run(...change)).unexplained.length;
  assert.equal(unexplained(), 0);
  for (const change of [[0, 'O_RDONLY', 'O_WRONLY'], [0, '"a"', '"b"'], [0, '= 3', '= 4'], [1, '"text"', '0x7ffe00001000'], [1, '10', '11'], [4, 'EBADF', 'EINVAL'],
    [4, '3</tmp/a>', '3'], [0, 'openat', 'open'], [5, '(0)', '(1)'], [2, 'getpid()', 'getpid(1)']]) {
    assert.equal(unexplained(...change), 1, change.join(' '));
  }
  const shorter = run();
  shorter.processes[0].lines.splice(1, 1);
  assert.equal(compare(run(), shorter).unexplained.length, 1, 'a call that is missing is one line');
  const alone = run();
  alone.processes.pop();
  assert.equal(compare(run(), alone).unexplained.length, 1, 'a process that is missing');
  const other = { processes: [{ tid: 107, lines: lines.map((line) => line.replace('= 7', '= 107').replace('= 8', '= 108')) }, { tid: 108, lines: ['39 getpid() = 108'] }] };
  assert.equal(compare(run(), other).unexplained.length, 0, 'pids change from run to run');
});

const missing = (tool, ...args) => !canRun(tool, ...args) && `${tool} is not there`;

// The same names, sizes and times whenever it is made.
function makeTree(folder) {
  for (const [name, text] of [['a/one.txt', 'one\n'], ['a/b/two.txt', 'two\n'.repeat(300)], ['c/three', ''], ['c/d/e/four.c', 'int four;\n']]) {
    const file = path.join(folder, 'tree', name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    fs.utimesSync(file, 1e9, 1e9);
  }
  fs.symlinkSync('../a/one.txt', path.join(folder, 'tree/c/link'));
  fs.lutimesSync(path.join(folder, 'tree/c/link'), 1e9, 1e9);
  for (const name of ['a/b', 'a', 'c/d/e', 'c/d', 'c', '.']) {
    fs.utimesSync(path.join(folder, 'tree', name), 1e9, 1e9);
  }
}

const withFile = (name, text) => (folder) => {
  makeTree(folder);
  fs.writeFileSync(path.join(folder, name), text);
};

traced('ls', ['ls', '-lR', 'tree'], { prepare: makeTree });
traced('find', ['find', 'tree', '-name', '*.txt', '-newermt', '2000-01-01', '-size', '-10k'], { prepare: makeTree });
traced('tar', ['tar', '--sort=name', '-czf', 'tree.tar.gz', 'tree'], { prepare: makeTree, skip: missing('tar', '--version') });
traced('bash', ['bash', 'script'], {
  skip: missing('bash', '--version'),
  prepare: withFile('script', `set -u
count=$(ls tree | wc -l)
echo "$count" | sed s/2/two/ | tee out >/dev/null
while read -r line; do echo "<$line>"; done < tree/a/one.txt
(cd tree && cat a/b/two.txt) | sort | uniq -c > counted
for name in tree/*; do [ -d "$name" ] && basename "$name"; done
cat <<< "here" > here; trap 'echo bye' EXIT
sleep 0 & wait $!
`),
});
traced('python3', ['/usr/bin/python3', 'script.py'], {
  skip: missing('/usr/bin/python3', '--version'), env: { PYTHONHASHSEED: '0', PYTHONDONTWRITEBYTECODE: '1' },
  prepare: withFile('script.py', `import json, os, socket, subprocess, tempfile, threading
print(json.loads('{"a": [1, 2, {"b": null}]}'))
print(subprocess.check_output(['cat', 'tree/a/one.txt']))
done = []
thread = threading.Thread(target=lambda: done.append(os.listdir('tree')))
thread.start()
thread.join()
with tempfile.TemporaryDirectory(dir='.') as folder:
    open(os.path.join(folder, 'x'), 'w').write('x' * 100)
one, other = socket.socketpair()
one.send(b'hello')
print(other.recv(10), done)
`),
});
traced('git', ['bash', 'script'], {
  skip: missing('git', '--version') || missing('bash', '--version'),
  env: { GIT_AUTHOR_DATE: '2001-01-01T00:00:00Z', GIT_COMMITTER_DATE: '2001-01-01T00:00:00Z', GIT_CONFIG_NOSYSTEM: '1' },
  prepare: withFile('script', `set -e
git init -q repository
cd repository
git config user.name someone && git config user.email someone@example.org
mkdir a   # cp -r takes files in the order of their inodes, which is another one each time
cp -p ../tree/a/one.txt a && cp -p ../tree/a/b/two.txt a && git add a   # times of long ago: nothing is racily clean
git commit -q -m first && git log --stat
`),
});
traced('gcc', ['gcc', '-O1', '-g', '-c', 'unit.c', '-o', 'unit.o'], {
  prepare: withFile('unit.c', '#include <stdio.h>\nint main(int argc, char **argv) { return printf("%d %s\\n", argc, argv[0]) < 0; }\n'),
});
traced('a threaded server and its client', [program('serves_threads')]);
traced('calls as they are meant', [program('calls_properly')]);
traced('every call with bad and good arguments', [program('calls_everything')], {
  skip: !canRun('unshare', '--user', '--mount', 'true') && 'no rights to make namespaces',
});
