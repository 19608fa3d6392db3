// 200 threads that start and end while breakpoints, pause and continue fly: no stop is lost, nothing hangs, nothing stays.
import { assert, session, program, source, line } from './session.mjs';

const ROUNDS = Number(process.env.PTDAP_STRESS_ROUNDS ?? 200);
const PASSES = source('churns_threads.c');

// A small generator with a known seed: a failure can be run again.
function random(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

session(`${ROUNDS} rounds of stop and go`, async (dap) => {
  const total = 200 * ROUNDS;
  const next = random(Number(process.env.PTDAP_SEED ?? 1));
  const mark = line('churns_threads.c', 'passes');
  await dap.launch({ program: program('churns_threads'), args: [String(total * 1000), '200'] });
  const { systemProcessId } = await dap.waitFor('process');
  let hits = 0;
  let pauses = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const isBreakpoint = next(2) === 0;
    const condition = next(3) === 0 ? { condition: 'passed % 7 == 0' } : {};
    // Set while it runs, cleared while it is stopped or (the stop then comes from pause) while it runs.
    const set = isBreakpoint && dap.setBreakpoints(PASSES, [{ line: mark, ...condition }]);
    const pause = (!isBreakpoint || next(4) === 0) && dap.tryRequest('pause', { threadId: systemProcessId });
    const stop = await dap.stopped();
    await Promise.all([set, pause]);
    assert.ok(['breakpoint', 'pause'].includes(stop.reason), stop.reason);
    if (stop.reason === 'breakpoint') {
      assert.equal((await dap.top(stop.threadId)).line, mark);
      hits++;
    } else {
      pauses++;
    }
    if (next(3) === 0) {
      const threads = await dap.threads();
      assert.ok(threads.some((t) => t.id === stop.threadId));
    }
    // A paused thread may wait for others for long: a step of it would, too.
    if (stop.reason === 'breakpoint' && next(4) === 0) {
      await dap.request('next', { threadId: stop.threadId });
      const after = await dap.stopped();
      assert.ok(['step', 'breakpoint', 'pause'].includes(after.reason), after.reason);
    }
    await dap.setBreakpoints(PASSES, []);
    await dap.request('continue', { threadId: systemProcessId });
  }
  assert.ok(hits > ROUNDS / 5 && pauses > ROUNDS / 5, `${hits} hits, ${pauses} pauses`);
}, { timeout: 1200000 });

// A log message for each pass counts them while everything is stopped and continued.
async function countHits(dap, total, whileItRuns) {
  await dap.launch({ program: program('churns_threads'), args: [String(total), '200'],
    lines: { [PASSES]: [{ line: line('churns_threads.c', 'passes'), logMessage: 'seen' }] } });
  await whileItRuns();
  assert.equal(await dap.exited(), 0);
  assert.equal(dap.output('stdout'), `passed ${total}\n`);
  assert.equal(dap.events.filter((e) => e.event === 'output' && e.body.output === 'seen\n').length, total);
  const told = (reason) => dap.events.filter((e) => e.event === 'thread' && e.body.reason === reason).map((e) => e.body.threadId);
  const started = told('started');
  assert.ok(started.length >= total + 200, `${started.length} threads told`);
  assert.deepEqual(told('exited').sort(), started.sort());
}

session('no hit of any thread is lost', (dap) => countHits(dap, 600, async () => {}), { timeout: 1200000 });

// Most pauses are on their way when the program goes on, so that it lives through all rounds; every fourth lets it pass some hits.
session(`${ROUNDS} rounds of pause and continue lose no hit and no stop`, (dap) => countHits(dap, 80 * ROUNDS, async () => {
  const { systemProcessId } = await dap.waitFor('process');
  const pause = () => dap.tryRequest('pause', { threadId: systemProcessId });
  let rounds = 0;
  for (let answer = await pause(); answer.success; rounds++) {
    assert.equal((await dap.stopped()).reason, 'pause');
    const goes = dap.request('continue', { threadId: systemProcessId });
    if (rounds % 4 === 3) {
      await goes;
    }
    answer = rounds + 1 < ROUNDS ? await pause() : { success: false };
    await goes;
  }
  assert.equal(rounds, ROUNDS);
}), { timeout: 1200000 });
