// A session by somebody else's client: DebugClient of @vscode/debugadapter-testsupport.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { program, source, line } from './session.mjs';

const { DebugClient } = createRequire(import.meta.url)('@vscode/debugadapter-testsupport');

async function withClient(run) {
  // DebugClient starts `runtime script`: env's script is our native program.
  const client = new DebugClient('/usr/bin/env', process.env.PTDAP, 'ptdap');
  client.defaultTimeout = 30000;
  await client.start();
  try {
    await run(client);
  } finally {
    await client.stop();
  }
}

test('launch and hit a breakpoint', { timeout: 120000 }, () => withClient(async (client) => {
  await client.hitBreakpoint({ program: program('steps') }, { path: source('steps.c'), line: line('steps.c', 'in twice') });
}));

test('the configuration sequence, and the end', { timeout: 120000 }, () => withClient(async (client) => {
  await Promise.all([client.configurationSequence(), client.launch({ program: program('steps') }), client.waitForEvent('terminated', 30000)]);
}));

test('entry, threads, scopes and an evaluation', { timeout: 120000 }, () => withClient(async (client) => {
  await Promise.all([client.configurationSequence(), client.launch({ program: program('steps'), stopAtBeginningOfMainSubprogram: true }),
    client.waitForEvent('stopped', 30000)]);
  const { body: { threads: [thread] } } = await client.threadsRequest();
  const { body: { stackFrames } } = await client.stackTraceRequest({ threadId: thread.id });
  assert.equal(stackFrames[0].name, 'main');
  const { body: { scopes } } = await client.scopesRequest({ frameId: stackFrames[0].id });
  assert.ok(scopes.some((scope) => scope.name === 'Locals'));
  const { body: { result } } = await client.evaluateRequest({ expression: '6 * 7', frameId: stackFrames[0].id, context: 'watch' });
  assert.equal(result, '42');
  await Promise.all([client.continueRequest({ threadId: thread.id }), client.waitForEvent('exited', 30000)]);
}));
