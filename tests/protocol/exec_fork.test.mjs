// exec and children.
import { assert, session, program, at, line } from './session.mjs';

session('exec: breakpoints of the new program hit, the pid stays', async (dap) => {
  const { lines: [breakpoint] } = await dap.launch({ program: program('runs_another'), args: [program('steps')], lines: at('steps.c', 'in twice') });
  assert.equal(breakpoint.verified, false);
  const { systemProcessId } = await dap.waitFor('process');
  let stop = await dap.stopped();
  if (stop.reason !== 'breakpoint') {
    assert.match(stop.reason, /exec/);
    await dap.request('continue', { threadId: stop.threadId });
    stop = await dap.stopped('breakpoint');
  }
  assert.equal(stop.threadId, systemProcessId);
  assert.equal((await dap.top(stop.threadId)).line, line('steps.c', 'in twice'));
  await dap.request('continue', { threadId: stop.threadId });
  assert.equal(await dap.exited(), 0);
});

session('exec by another thread than the first', async (dap) => {
  await dap.launch({ program: program('runs_another'), args: ['thread', program('exits_with_code'), '21'] });
  assert.equal(await dap.exited(), 21);
});

session('a chain of exec through a shell script', async (dap) => {
  await dap.launch({ program: '/bin/sh', args: ['-c', `exec ${program('runs_another')} ${program('exits_with_code')} 5`] });
  assert.equal(await dap.exited(), 5);
});

session('children of fork and vfork run free, also past the parent\'s breakpoints', async (dap) => {
  await dap.launch({ program: program('forks_children'), lines: at('forks_children.c', 'shared') });
  const { threadId } = await dap.stopped('breakpoint');
  const frames = await dap.stack(threadId);
  assert.equal(frames[1].line, line('forks_children.c', 'parent'));
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
  assert.match(dap.output('stdout'), /^41 9 2\n$/);
});

session('vfork under steps', async (dap) => {
  await dap.launch({ program: program('forks_children'), stopAtBeginningOfMainSubprogram: true });
  const { threadId } = await dap.stopped();
  let frame;
  for (let i = 0; i < 20 && frame?.line !== line('forks_children.c', 'parent'); i++) {
    [, frame] = await dap.step('next', threadId);
  }
  assert.equal(frame.line, line('forks_children.c', 'parent'));
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
  assert.match(dap.output('stdout'), /^41 9 2\n$/);
});

session('system() of a shell, many times', async (dap) => {
  await dap.launch({ program: '/bin/sh', args: ['-c', 'for i in 1 2 3 4 5 6 7 8 9 10; do /bin/true; done; (exit 3); echo $?'] });
  assert.equal(await dap.exited(), 0);
  assert.equal(dap.output('stdout'), '3\n');
});
