// Threads: names, events, all-stop, stacks.
import { assert, session, program, at } from './session.mjs';

session('thread events tell of every thread, threads lists them with names', async (dap) => {
  await dap.launch({ program: program('runs_threads'), args: ['5'], lines: at('runs_threads.c', 'all started', 'joined') });
  const stop = await dap.stopped('breakpoint');
  const threads = await dap.threads();
  assert.equal(threads.length, 6);
  for (let i = 0; i < 5; i++) {
    assert.ok(threads.some((t) => t.name.includes(`worker ${i}`)), `worker ${i}`);
  }
  const started = dap.events.filter((e) => e.event === 'thread' && e.body.reason === 'started').map((e) => e.body.threadId);
  for (const { id } of threads) {
    assert.ok(started.includes(id) || id === stop.threadId, `thread ${id} was told`);
    const frames = await dap.stack(id);
    assert.ok(frames.length >= 1);
  }
});

session('threads that end are told and gone', async (dap) => {
  await dap.launch({ program: program('runs_threads'), args: ['5'], lines: at('runs_threads.c', 'joined') });
  await dap.stopped('breakpoint');
  assert.equal((await dap.threads()).length, 1);
  const ended = dap.events.filter((e) => e.event === 'thread' && e.body.reason === 'exited');
  assert.equal(ended.length, 5);
});

session('all threads stand still at a stop', async (dap) => {
  await dap.launch({ program: program('runs_threads'), args: ['5'], lines: at('runs_threads.c', 'all started') });
  const stop = await dap.stopped('breakpoint');
  assert.equal(stop.allThreadsStopped, true);
  const { readFileSync, readdirSync } = await import('node:fs');
  for (const tid of readdirSync(`/proc/${stop.threadId}/task`)) {
    assert.match(readFileSync(`/proc/${stop.threadId}/task/${tid}/status`, 'latin1'), /State:\tt/, `thread ${tid}`);
  }
});

session('continue answers that all threads run', async (dap) => {
  await dap.launch({ program: program('runs_threads'), args: ['2'], stopOnEntry: true });
  const { threadId } = await dap.stopped('entry');
  const body = await dap.request('continue', { threadId });
  assert.notEqual(body.allThreadsContinued, false);
  assert.equal(await dap.exited(), 0);
});

session('10,000 frames: all of them, and in pages', async (dap) => {
  await dap.launch({ program: program('calls_deeply'), args: ['10000'], lines: at('calls_deeply.c', 'bottom') });
  const { threadId } = await dap.stopped('breakpoint');
  const all = await dap.stack(threadId);
  assert.ok(all.length >= 10002, `${all.length} frames`);
  assert.equal(all.filter((f) => f.name === 'descend').length, 10001);
  const page = await dap.request('stackTrace', { threadId, startFrame: 9000, levels: 20 });
  assert.deepEqual(page.stackFrames.map((f) => f.instructionPointerReference), all.slice(9000, 9020).map((f) => f.instructionPointerReference));
  assert.ok(page.totalFrames === undefined || page.totalFrames > 9020);
  assert.equal((await dap.evaluate('depth', all[10000].id)).result, '10000');
  const behind = await dap.request('stackTrace', { threadId, startFrame: 50000, levels: 20 });
  assert.deepEqual(behind.stackFrames, []);
});

session('pause stops a running program and names the thread', async (dap) => {
  await dap.launch({ program: program('spins') });
  await dap.outputContains('ready');
  const [{ id }] = await dap.threads();
  for (let i = 0; i < 20; i++) {
    await dap.request('pause', { threadId: id });
    const stop = await dap.stopped('pause');
    assert.equal(stop.threadId, id);
    const names = (await dap.stack(id)).map(({ name }) => name);   // the first pause may find it in its write
    assert.ok(names.includes('main'), names.join());
    await dap.request('continue', { threadId: id });
  }
});

session('pause gets through a storm of breakpoint hits', async (dap) => {
  await dap.launch({ program: program('spins'), lines: at('spins.c', { mark: 'turns', condition: 'turn < 0' }) });
  await dap.outputContains('ready');
  const [{ id }] = await dap.threads();
  for (let i = 0; i < 5; i++) {
    await dap.request('pause', { threadId: id });
    await dap.stopped('pause');
    await dap.request('continue', { threadId: id });
  }
});

session('pause of a program that waits in the kernel; its syscall goes on', async (dap) => {
  await dap.launch({ program: program('waits_for_signal') });
  await dap.outputContains('ready');
  const [{ id }] = await dap.threads();
  await dap.request('pause', { threadId: id });
  await dap.stopped('pause');
  const names = (await dap.stack(id)).map((f) => f.name);
  assert.ok(names.includes('main'), names.join(' '));
  await dap.request('continue', { threadId: id });
  await dap.request('terminate', {});
  assert.equal(await dap.exited(), 7);
});
