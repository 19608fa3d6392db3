// The habits of clients other than VS Code.
import { assert, session, program, at, source, line } from './session.mjs';

const END_BY_CLOSING = { end: { isDisconnecting: false } };

session('the order of the specification: launch, initialized, configuration, configurationDone', async (dap) => {
  await dap.initialize();
  const launch = dap.request('launch', { program: program('steps') });
  await dap.waitFor('initialized');
  await dap.setBreakpoints(source('steps.c'), [line('steps.c', 'in twice')]);
  await dap.request('setExceptionBreakpoints', { filters: [] });
  await dap.request('configurationDone');
  await launch;
  await dap.stopped('breakpoint');
});

session('launch is answered soon, without waiting for more (nvim-dap warns after 4 s)', async (dap) => {
  await dap.initialize();
  const answer = dap.tryRequest('launch', { program: program('steps') }, 4000);
  await dap.waitFor('initialized');
  await dap.request('configurationDone', {});
  assert.equal((await answer).success, true);
  assert.equal(await dap.exited(), 0);
});

session('a client that closes the pipe after terminate, without disconnect (nvim-dap)', async (dap) => {
  await dap.launch({ program: program('waits_for_signal') });
  await dap.outputContains('ready');
  await dap.request('terminate', {});
  dap.closeInput();
  await dap.ended;
}, END_BY_CLOSING);

session('a client that asks for all frames of every thread at every stop (helix)', async (dap) => {
  await dap.launch({ program: program('runs_threads'), args: ['6'], lines: at('runs_threads.c', 'all started') });
  await dap.stopped('breakpoint');
  const threads = await dap.threads();
  const stacks = await Promise.all(threads.map(({ id }) => dap.stack(id)));
  assert.ok(stacks.every((s) => s.length > 0));
});

session('a client that declares nothing', async (dap) => {
  await dap.request('initialize', { adapterID: 'ptdap' });
  const launch = dap.request('launch', { program: program('steps') });
  await dap.waitFor('initialized');
  await dap.setBreakpoints(source('steps.c'), [line('steps.c', 'in twice')]);
  await dap.request('configurationDone');
  await launch;
  const { threadId } = await dap.stopped('breakpoint');
  const frame = await dap.top(threadId);
  assert.equal((await dap.locals(frame.id)).x.value, '21');
  assert.equal((await dap.evaluate('x', frame.id, null)).result, '21');
});

session('lines and columns that start at 0', async (dap) => {
  await dap.initialize({ linesStartAt1: false, columnsStartAt1: false });
  const launch = dap.request('launch', { program: program('steps') });
  await dap.waitFor('initialized');
  const [breakpoint] = await dap.setBreakpoints(source('steps.c'), [line('steps.c', 'in twice') - 1]);
  assert.equal(breakpoint.line, line('steps.c', 'in twice') - 1);
  await dap.request('configurationDone');
  await launch;
  const { threadId } = await dap.stopped('breakpoint');
  assert.equal((await dap.top(threadId)).line, line('steps.c', 'in twice') - 1);
});

session('requests of one stop that come together are answered in order (VS Code)', async (dap) => {
  await dap.launch({ program: program('steps'), lines: at('steps.c', 'in twice') });
  const { threadId } = await dap.stopped('breakpoint');
  const order = [];
  const note = (name) => (value) => {
    order.push(name);
    return value;
  };
  await Promise.all([dap.request('threads').then(note('threads')), dap.request('stackTrace', { threadId, startFrame: 0, levels: 1 }).then(note('one')),
    dap.request('stackTrace', { threadId, startFrame: 1, levels: 19 }).then(note('more')), dap.request('threads').then(note('again'))]);
  assert.deepEqual(order, ['threads', 'one', 'more', 'again']);
});

session('cancel of a request that is answered already, and of one that never was', async (dap) => {
  await dap.launch({ program: program('steps'), lines: at('steps.c', 'in twice') });
  await dap.stopped('breakpoint');
  const late = await dap.tryRequest('cancel', { requestId: 1 });
  assert.equal(late.success, true);
  assert.equal((await dap.tryRequest('cancel', { requestId: 99999 })).success, true);
});

session('singleThread does not hang a step over a lock held by another thread', async (dap) => {
  await dap.launch({ program: program('runs_threads'), args: ['3'], lines: at('runs_threads.c', 'waits') });
  const { threadId } = await dap.stopped('breakpoint');
  for (let i = 0; i < 2; i++) {
    await dap.request('next', { threadId, singleThread: true });
    await dap.stopped('step');
  }
});

session('what is not announced answers with a clear error', async (dap) => {
  await dap.launch({ program: program('steps'), lines: at('steps.c', 'in twice') });
  const { threadId } = await dap.stopped('breakpoint');
  const optional = { stepBack: ['supportsStepBack', { threadId }], reverseContinue: ['supportsStepBack', { threadId }],
    restartFrame: ['supportsRestartFrame', { frameId: 1 }], gotoTargets: ['supportsGotoTargetsRequest', { source: { path: '/x' }, line: 1 }],
    stepInTargets: ['supportsStepInTargetsRequest', { frameId: 1 }], completions: ['supportsCompletionsRequest', { text: 'x', column: 1 }],
    dataBreakpointInfo: ['supportsDataBreakpoints', { name: 'x' }], terminateThreads: ['supportsTerminateThreadsRequest', { threadIds: [threadId] }] };
  for (const [command, [capability, args]] of Object.entries(optional)) {
    if (!dap.capabilities[capability]) {
      assert.match(await dap.failing(command, args), new RegExp(command), command);
    }
  }
  for (const capability of ['supportsConfigurationDoneRequest', 'supportsFunctionBreakpoints', 'supportsConditionalBreakpoints',
    'supportsHitConditionalBreakpoints', 'supportsLogPoints', 'supportsInstructionBreakpoints', 'supportsSetVariable', 'supportsRestartRequest',
    'supportsTerminateRequest', 'supportTerminateDebuggee', 'supportSuspendDebuggee', 'supportsReadMemoryRequest', 'supportsWriteMemoryRequest',
    'supportsDisassembleRequest', 'supportsModulesRequest', 'supportsLoadedSourcesRequest', 'supportsExceptionInfoRequest', 'supportsCancelRequest',
    'supportsBreakpointLocationsRequest', 'supportsSteppingGranularity', 'supportsExceptionFilterOptions', 'supportsEvaluateForHovers',
    'supportsDelayedStackTraceLoading']) {
    assert.equal(dap.capabilities[capability], true, capability);
  }
  assert.notEqual(dap.capabilities.supportsSingleThreadExecutionRequests, true);
});
