import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FilterProblem, parseFilter } from '../src/syscalls/filter';
import { callText, clockText, durationText, elapsedText, gapText, jsonLine, straceLine } from '../src/syscalls/format';
import { Ring } from '../src/syscalls/ring';
import { Trace, isGap } from '../src/syscalls/trace';
import { call, list, missing } from './syscallList';

test('a ring keeps the last items and their numbers', () => {
  const ring = new Ring<string>(3);
  for (const item of 'abcde')
    ring.push(item);
  assert.deepEqual([...ring], ['c', 'd', 'e']);
  assert.deepEqual([ring.first, ring.end, ring.length], [2, 5, 3]);
  assert.deepEqual([ring.at(1), ring.at(2), ring.at(4), ring.at(5)], [undefined, 'c', 'e', undefined]);
  const copy = ring.copy();
  ring.replaceLast('E');
  ring.dropWhile((item) => item < 'd');
  ring.push('f');
  assert.deepEqual([...ring], ['d', 'E', 'f']);
  assert.deepEqual([...copy], ['c', 'd', 'e']);
  ring.dropWhile(() => true);
  assert.equal(ring.length, 0);
  ring.push('g');
  assert.deepEqual([...ring], ['g']);
});

const close = call('close', ['3</etc/hosts>'], 0);
const read = call('read', ['3</etc/hosts>', '"127.0.0.1"', '512'], 9, { threadId: 101 });

test('the filter: words, in any case, and what must not be there', () => {
  const shows = (text: string, areErrorsOnly = false): string[] => {
    const filter = parseFilter(text, areErrorsOnly, list);
    return [missing, close, read].filter((one) => filter?.(one) ?? true).map(({ name }) => name);
  };
  assert.deepEqual(shows(''), ['openat', 'close', 'read']);
  assert.deepEqual(shows('hosts'), ['close', 'read']);
  assert.deepEqual(shows('HOSTS 127'), ['read']);
  assert.deepEqual(shows('!hosts'), ['openat']);
  assert.deepEqual(shows('hosts !read('), ['close']);
  assert.deepEqual(shows('enoent'), ['openat']);
  assert.deepEqual(shows('"no such file"'), ['openat']);
  assert.deepEqual(shows('"no such fi'), ['openat']);
  assert.deepEqual(shows('!"no such file"'), ['close', 'read']);
  assert.deepEqual(shows('', true), ['openat']);
  assert.deepEqual(shows('hosts', true), []);
  assert.deepEqual(shows('openat,close'), ['openat', 'close']);
  assert.deepEqual(shows('%file'), ['openat']);
  assert.deepEqual(shows('!%file'), ['close', 'read']);
  assert.deepEqual(shows('%desc,!close 127'), ['read']);
  assert.deepEqual(shows('"a,b"'), []);
  assert.deepEqual(shows('!'), ['openat', 'close', 'read']);
});

test('the filter: mistakes in a set have words', () => {
  assert.throws(() => parseFilter('%fil', false, list), (error) => error instanceof FilterProblem && /no group “%fil”/.test(error.message));
  assert.throws(() => parseFilter('openat,opn', false, list), /no system call “opn”/);
});

test('a trace shows what the filter lets through and drops the oldest', () => {
  const trace = new Trace(4);
  const shown = (): string[] => [...trace.rows()].map((entry) => isGap(entry) ? `-${entry.dropped}` : entry.name);
  trace.add({ calls: [missing, close], dropped: 0 });
  trace.add({ calls: [read, close], dropped: 5 });
  assert.deepEqual(shown(), ['close', '-5', 'read', 'close']);
  assert.deepEqual([trace.firstRow, trace.endRow, trace.callCount, trace.hasThreads], [1, 5, 4, true]);
  assert.equal(trace.row(0), undefined);
  assert.equal(trace.row(1)?.number, 1);
  trace.setFilter(parseFilter('close', false, list));
  assert.deepEqual(shown(), ['close', '-5', 'close']);
  assert.deepEqual([trace.firstRow, trace.row(2)?.number], [0, 4]);
  assert.deepEqual([0, 1, 2, 3, 4, 5].map((number) => trace.rowOf(number)), [undefined, 0, 1, undefined, 2, undefined]);
  trace.add({ calls: [read, close] });
  assert.deepEqual(shown(), ['close', 'close']);
  assert.deepEqual([trace.firstRow, trace.row(2)?.number, trace.row(3)?.number], [2, 4, 6]);
  trace.setFilter(undefined);
  assert.deepEqual(shown(), ['read', 'close', 'read', 'close']);
  trace.clear();
  assert.deepEqual([shown(), trace.callCount, trace.hasThreads, trace.summary()], [[], 0, false, []]);
});

test('gaps behind one another are one', () => {
  const trace = new Trace();
  trace.add({ calls: [], dropped: 2 });
  trace.add({ calls: [close], dropped: 3 });
  assert.deepEqual([...trace.rows()], [{ dropped: 5 }, close]);
  assert.equal(gapText(1), '1 call is missing here: the editor could not keep up.');
  assert.match(gapText(12345), /^12,345 calls are missing/);
});

test('a snapshot stays as it is', () => {
  const trace = new Trace(2);
  trace.add({ calls: [missing, close] });
  const snapshot = trace.snapshot();
  trace.add({ calls: [read, read] });
  assert.deepEqual([...snapshot.rows()], [missing, close]);
  assert.equal(snapshot.hasThreads, false);
  assert.deepEqual(snapshot.summary().map(({ name }) => name).sort(), ['close', 'openat']);
  snapshot.setFilter(parseFilter('', true, list));
  assert.deepEqual([...snapshot.rows()], [missing]);
  assert.deepEqual([...trace.rows()], [read, read]);
});

test('the summary counts what is no longer kept, too', () => {
  const trace = new Trace(1);
  trace.add({ calls: [call('read', [], 1, { durationNs: 5 }), missing, call('read', [], 1, { durationNs: 7 })] });
  assert.deepEqual(trace.summary(), [{ name: 'openat', calls: 1, errors: 1, ns: 12_000 }, { name: 'read', calls: 2, errors: 0, ns: 12 }]);
});

test('a hundred thousand calls are taken and filtered', () => {
  const trace = new Trace();
  trace.setFilter(parseFilter('!hosts', false, list));
  for (let i = 0; i < 1000; i++)
    trace.add({ calls: Array.from({ length: 100 }, (_, k) => k % 2 ? missing : close) });
  assert.equal(trace.callCount, 100_000);
  assert.equal(trace.endRow - trace.firstRow, 25_000);
  assert.equal(trace.row(trace.endRow - 1)?.number, 99_999);
});

test('calls as text', () => {
  assert.equal(callText(missing), 'openat(AT_FDCWD, "/no/Such", O_RDONLY) = -1 ENOENT (No such file or directory)');
  assert.equal(callText({ ...close, injected: true, delayed: true }), 'close(3</etc/hosts>) = 0 (INJECTED) (DELAYED)');
  assert.equal(callText({ ...close, injected: true, resultText: '0 (INJECTED)' }), 'close(3</etc/hosts>) = 0 (INJECTED)');
  const { result: _result, resultText: _text, durationNs: _ns, ...unfinished } = close;
  assert.equal(callText(unfinished), 'close(3</etc/hosts>) = ?');
  assert.deepEqual([undefined, 0, 999, 1000, 12_345, 999_600, 9_994_000, 9_996_000, 123_456_789, 2e9, 1.5e12].map(durationText),
    ['', '', '999 ns', '1.00 µs', '12.3 µs', '1.00 ms', '9.99 ms', '10.0 ms', '123 ms', '2.00 s', '1500 s']);
  assert.equal(elapsedText(1000.25, 999), '1.250000');
  assert.equal(elapsedText(998, 999), '0.000000');
  assert.match(clockText(1000.000042), /^\d\d:\d\d:\d\d\.000042$/);
  assert.match(clockText(1000.9999999), /^\d\d:\d\d:\d\d\.000000$/);
});

test('saved as strace and as `ptdap trace --json` have it', () => {
  assert.match(straceLine(read), /^101 \d\d:\d\d:\d\d\.500000 read\(3<\/etc\/hosts>, "127.0.0.1", 512\) = 9 <0\.000012>$/);
  const object = JSON.parse(jsonLine({ ...missing, source: { path: '/a.c' }, line: 7 })) as Record<string, unknown>;
  assert.deepEqual([object['pid'], object['tid'], object['syscall'], object['errno'], object['source'], object['line']],
    [100, 100, 'openat', 'ENOENT', '/a.c', 7]);
  assert.deepEqual(object['arguments'], missing.arguments);
  assert.ok(!('threadId' in object) && !('name' in object) && !('source' in (JSON.parse(jsonLine(close)) as object)));
});
