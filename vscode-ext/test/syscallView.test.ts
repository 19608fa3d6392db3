import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DebugConfiguration, DebugSession, Memento } from 'vscode';
import { LaunchChoices } from '../src/syscalls/launchChoices';
import { Trace } from '../src/syscalls/trace';
import { ViewModel, detailsText, rowText, type ShownSession } from '../src/syscalls/viewModel';
import { call, list, missing } from './syscallList';

const close = call('close', ['3'], 0);

function shown(more: Partial<ShownSession> = {}): ShownSession {
  return { id: 's', trace: new Trace(10), start: 1000, isTracing: true, rule: '', hasEnded: false, ...more };
}

function model(session?: ShownSession): ViewModel {
  const made = new ViewModel(list);
  made.show(session);
  made.setWindow(0, 3, true);
  return made;
}

test('rows are short, details have all of it', () => {
  const opened = call('openat', ['AT_FDCWD</a/b>', '"x"'], -2, { errno: 'ENOENT', resultText: '-1 ENOENT (No such file or directory)' });
  const row = rowText(7, opened, 1000);
  assert.deepEqual([row.number, row.arguments, row.result, row.time, row.isError], [7, 'AT_FDCWD, "x"', 'ENOENT (No such file or directory)', '0.500000', true]);
  assert.match(row.tooltip, /dirfd: AT_FDCWD<\/a\/b>[\s\S]*took 12\.0 µs, thread 100\nSource line not known$/);
  assert.deepEqual(detailsText(opened), {
    line: 'openat(AT_FDCWD</a/b>, "x") = -1 ENOENT (No such file or directory)', note: 'The source line of the caller is not known.' });
  assert.equal(detailsText({ ...opened, source: { path: '/a.c' }, line: 3 }).note, '/a.c:3');
  assert.match(rowText(1, { dropped: 2 }, 1000).gap ?? '', /^2 calls are missing/);
  assert.equal(rowText(1, call('write', ['x'.repeat(1000)], 1), 1000).arguments.length, 301);
});

test('a view that follows gets the newest rows, one that does not those it asks for', () => {
  const session = shown();
  const view = model(session);
  session.trace.add({ calls: Array.from({ length: 12 }, () => close) });
  const numbers = (): number[] => view.state([], false).rows.map(({ number }) => number);
  assert.deepEqual(numbers(), [9, 10, 11]);
  view.setWindow(4, 2, false);
  assert.deepEqual(numbers(), [4, 5]);
  view.setWindow(-5, 2, false);
  assert.deepEqual(numbers(), [2, 3], 'the two oldest are gone');
  view.setWindow(99, 2, false);
  assert.deepEqual(numbers(), [10, 11]);
});

test('paused, the rows stay and the rest is counted', () => {
  const session = shown();
  const view = model(session);
  session.trace.add({ calls: [close, missing] });
  view.pause();
  session.trace.add({ calls: Array.from({ length: 20 }, () => close) });
  assert.deepEqual([view.state([], false).endRow, view.state([], false).status], [2, '2 calls; paused, 20 more since']);
  view.setFilter('', true, undefined);
  assert.equal(view.state([], false).rows.length, 1, 'what is held can be filtered');
  view.resume();
  assert.equal(view.state([], false).rows.length, 0);
});

test('a filter keeps the selected call in sight; a wrong one changes nothing', () => {
  const session = shown();
  const view = model(session);
  session.trace.add({ calls: [close, close, missing, close] });
  view.setFilter('enoent', false, undefined);
  const filtered = view.state([], false);
  assert.deepEqual([filtered.rows.length, filtered.status], [1, '1 of 4 calls']);
  view.setFilter('', false, 2);
  const all = view.state([], false);
  assert.deepEqual([all.reveal, all.endRow, all.generation > filtered.generation], [2, 4, true]);
  assert.equal(view.state([], false).reveal, undefined, 'once');
  view.setFilter('%nosuch', false, undefined);
  assert.deepEqual([view.state([], false).filterProblem, view.state([], false).endRow], ['There is no group “%nosuch”.', 4]);
});

test('an empty view says why', () => {
  const reason = (session: ShownSession | undefined, willTrace = false): string | undefined => model(session).state([], willTrace).empty;
  assert.equal(reason(undefined), 'noSession');
  assert.equal(reason(undefined, true), 'willTrace');
  assert.equal(reason(shown()), 'waiting');
  assert.equal(reason(shown({ isTracing: false, rule: undefined })), 'notTraced');
  assert.equal(reason(shown({ isTracing: false, hasEnded: true })), 'ended');
  const session = shown();
  session.trace.add({ calls: [close] });
  const view = model(session);
  assert.equal(view.state([], false).empty, undefined);
  view.setFilter('nothing', false, undefined);
  assert.equal(view.state([], false).empty, 'filtered');
});

// ---- choices for sessions to come ------------------------------------------------------------------------------------------

function choices(): { choices: LaunchChoices; launch(given?: object): Promise<unknown> } {
  const kept = new Map<string, unknown>();
  const memory = {
    get: (key: string, otherwise: unknown) => kept.get(key) ?? otherwise, keys: () => [...kept.keys()],
    update: async (key: string, value: unknown) => void kept.set(key, value),
  } as unknown as Memento;
  const made = new LaunchChoices(memory, async (rule) => rule === 'opennat' ? "no syscall 'opennat' (column 1)" : undefined);
  return {
    choices: made,
    launch: async (given = {}) => (await made.resolveDebugConfigurationWithSubstitutedVariables(undefined,
      { type: 'ptdap', name: 'n', request: 'launch', ...given } as DebugConfiguration))['syscalls'] as unknown,
  };
}

const session = (id: string, syscalls?: object): DebugSession => ({ id, configuration: { syscalls } }) as unknown as DebugSession;

test('what is chosen before a session is laid into the next one, whatever that says, and into those after it that say nothing', async () => {
  const { choices: made, launch } = choices();
  assert.equal(await launch(), undefined);
  await made.choose('stop', 'openat');
  assert.deepEqual(await launch({ syscalls: { stop: 'execve', inject: ['x'] } }), { stop: 'openat', inject: ['x'] });
  assert.deepEqual(await launch({ syscalls: { stop: 'execve' } }), { stop: 'execve' });
  assert.deepEqual(await launch(), { stop: 'openat' });
  await made.choose('stop', null);
  assert.equal(await launch({ syscalls: { stop: 'execve' } }), undefined);
  assert.deepEqual(await launch({ syscalls: { stop: 'execve' } }), { stop: 'execve' });
});

test('a wrong rule is told when it is chosen, and what was chosen before stays', async () => {
  const { choices: made, launch } = choices();
  await made.choose('stop', 'openat');
  await assert.rejects(made.choose('stop', 'opennat'), /^Error: no syscall 'opennat' \(column 1\)$/);
  assert.deepEqual([made.rule('stop'), await launch()], ['openat', { stop: 'openat' }]);
  await made.choose('stop', null);
  assert.equal(made.rule('stop'), null);
});

test('what is chosen in a session is remembered, unless its launch.json says something of its own', async () => {
  const { choices: made, launch } = choices();
  await made.remember('stop', 'read', session('1', { stop: 'execve' }));
  assert.equal(await launch(), undefined);
  await made.remember('stop', 'read', session('2'));
  assert.deepEqual(await launch(), { stop: 'read' });
  await made.remember('stop', 'write', session('3', { stop: 'read' }));
  await made.remember('stop', 'close', session('3', { stop: 'read' }));
  assert.deepEqual(await launch(), { stop: 'close' }, 'laid in is not its own');
});

test('a string is a rule to stop at, as in the adapter', async () => {
  const { choices: made, launch } = choices();
  assert.deepEqual(await launch({ syscalls: 'execve' }), { stop: 'execve' });
  await made.choose('trace', '%file');
  assert.deepEqual(await launch({ syscalls: 'execve' }), { stop: 'execve', trace: '%file', events: true });
  await made.choose('stop', 'openat');
  assert.deepEqual(await launch({ syscalls: 'execve' }), { stop: 'openat', trace: '%file', events: true });
});

test('a traced session sends events, unless it says otherwise; what is neither object nor rule is left to the adapter', async () => {
  const { choices: made, launch } = choices();
  assert.deepEqual(await launch({ syscalls: { trace: '%file' } }), { trace: '%file', events: true });
  assert.deepEqual(await launch({ syscalls: { trace: '', events: false } }), { trace: '', events: false });
  assert.deepEqual(await launch({ syscalls: [1] }), [1]);
  await made.choose('trace', '');
  assert.deepEqual(await launch(), { trace: '', events: true });
  assert.equal(await launch({ noDebug: true }), undefined);
});
