// What the program writes: apart, whole, in order.
import fs from 'node:fs';
import { assert, at, session, program, status } from './session.mjs';

session('stdout and stderr are categories, each whole and in order', async (dap) => {
  await dap.launch({ program: program('prints_both_streams') });
  assert.equal(await dap.exited(), 0);
  const lines = (prefix) => Array.from({ length: 5 }, (_, i) => `${prefix} ${i}\n`).join('');
  assert.equal(dap.output('stdout'), `${lines('out')}${'x'.repeat(20000)}\n\u00e4\u20ac\u{1f41e}\nno newline`);
  assert.equal(dap.output('stderr'), lines('err'));
});

session('stdout is line-buffered: lines of the two alternate', async (dap) => {
  await dap.launch({ program: program('prints_both_streams') });
  assert.equal(await dap.exited(), 0);
  const text = dap.events.filter((e) => e.event === 'output' && /^std/.test(e.body.category)).map((e) => e.body.output).join('');
  const order = [...text.matchAll(/(out|err) (\d)/g)].map((m) => m[0]);
  for (let i = 0; i < 5; i++) {
    assert.ok(order.indexOf(`out ${i}`) < order.indexOf(`out ${i + 1}`) || i === 4);
  }
  assert.equal(order.length, 10);
});

session('output comes before exited, and before the stop that follows it', async (dap) => {
  await dap.launch({ program: program('makes_syscalls'), functions: ['getpid'] });
  assert.equal(await dap.exited(), 0);
  const exited = dap.events.findIndex((e) => e.event === 'exited');
  const last = dap.events.findLastIndex((e) => e.event === 'output' && e.body.category === 'stdout');
  assert.ok(last >= 0 && last < exited);
});

session('a flood of output arrives whole while the program is debugged', async (dap) => {
  await dap.launch({ program: '/bin/sh', args: ['-c', 'i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done'] });
  assert.equal(await dap.exited(), 0);
  assert.equal(dap.output('stdout'), Array.from({ length: 20000 }, (_, i) => `line ${i}\n`).join(''));
});

// Until the number, which grows, does so no more.
async function staysAs(number) {
  for (let before = -1, same = 0; same < 200; before = number()) {
    same = before > 0 && before === number() ? same + 1 : 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

// While nobody reads, the program must wait, as it would for a pipe: the adapter does not hoard what it writes.
session('a client that does not read makes the program wait', async (dap) => {
  await dap.launch({ program: '/usr/bin/seq', args: ['2000000'], stopOnEntry: true });
  const { threadId } = await dap.stopped('entry');
  dap.pauseReading();
  const answer = dap.request('continue', { threadId });
  const written = () => Number(/wchar: (\d+)/.exec(fs.readFileSync(`/proc/${threadId}/io`, 'utf8'))[1]);
  await staysAs(written);
  assert.ok(written() < 8 * 2 ** 20, `${written()} bytes`);
  dap.resumeReading();
  await answer;
  assert.equal(await dap.exited(), 0);
  assert.equal(dap.output('stdout').length, 14888896);
});

// The thread waits at each hit.
const waits = (pid) => Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
const logsLong = (count) => ({ program: program('counts_hits'), args: [String(count)], stopOnEntry: true,
  lines: at('counts_hits.c', { mark: 'body', logMessage: 'x'.repeat(1000) }) });

session('log points wait for a client that does not read, and none is lost', async (dap) => {
  await dap.launch(logsLong(4000));
  const { threadId } = await dap.stopped('entry');
  dap.pauseReading();
  const answer = dap.request('continue', { threadId });
  await staysAs(() => waits(threadId));
  dap.resumeReading();
  await answer;
  assert.equal(await dap.exited(), 0);
  assert.equal(dap.output('console').match(/^x{1000}$/mg).length, 4000);
  assert.equal(dap.output('stdout').trim(), String((3999 * 4000) / 2));
});

// It waits at a log point whose message is not read.
async function waitsUnread(dap) {
  await dap.launch(logsLong(1000000000));
  const { threadId } = await dap.stopped('entry');
  dap.pauseReading();
  const goes = dap.tryRequest('continue', { threadId });
  await staysAs(() => waits(threadId));
  return { threadId, goes };
}

session('pause does not wait for log points', async (dap) => {
  const { threadId, goes } = await waitsUnread(dap);
  const pause = dap.request('pause', { threadId });
  dap.resumeReading();
  await Promise.all([goes, pause]);
  await dap.stopped('pause');
});

// Nor for what may have been left unread at the end, which is not looked at.
session('nor does disconnect, whether anybody reads or not', async (dap) => {
  const { threadId } = await waitsUnread(dap);
  dap.tryRequest('disconnect', { terminateDebuggee: true }).catch(() => undefined);
  while (status(threadId)) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  dap.resumeReading();
  assert.equal((await dap.ended).code, 0);
}, { end: null });

session('bytes that are no UTF-8 do not break the stream', async (dap) => {
  await dap.launch({ program: '/bin/sh', args: ['-c', 'printf "a\\377\\376b\\n\\303"'] });
  assert.equal(await dap.exited(), 0);
  assert.match(dap.output('stdout'), /^a.+b\n/);
});
