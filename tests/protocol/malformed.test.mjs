// Input that no honest client sends: an error that names what is wrong, or a clean end; never a crash.
import { assert, session, program } from './session.mjs';
import { encode } from './framing.mjs';

let seq = 5000;
const raw = (command, args) => encode({ seq: ++seq, type: 'request', command, arguments: args });

session('any chunking: byte by byte', async (dap) => {
  for (const byte of raw('threads')) {
    dap.writeRaw(Buffer.from([byte]));
  }
  dap.writeRaw(raw('disconnect'));
  await dap.ended;
  assert.match(dap.transcript(), /"command":"threads"/);
}, { end: null });

session('many messages in one write', async (dap) => {
  const answers = [dap.initialize(), ...Array.from({ length: 50 }, () => dap.tryRequest('threads'))];
  await Promise.all(answers);
});

session('headers in any case and of other names are taken', async (dap) => {
  const body = JSON.stringify({ seq: 1, type: 'request', command: 'initialize', arguments: { adapterID: 'x' } });
  dap.writeRaw(Buffer.from(`Content-Type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length: ${body.length}\r\n\r\n${body}`));
  await dap.until('capabilities', () => /supportsConfigurationDoneRequest/.test(dap.transcript()));
  dap.closeInput();
  await dap.ended;
  assert.match(dap.transcript(), /supportsConfigurationDoneRequest/);
}, { end: null });

const endings = {
  'garbage instead of a header': 'hello world\r\n\r\n',
  'garbage without an end': 'x'.repeat(10000),
  'a length that is no number': 'Content-Length: abc\r\n\r\n{}',
  'a negative length': 'Content-Length: -5\r\n\r\n{}',
  'a huge length': 'Content-Length: 99999999999999999999\r\n\r\n{}',
  'a length above 64 MiB': 'Content-Length: 67108865\r\n\r\n{}',
  'no length': 'Content-Type: x\r\n\r\n{}',
};
for (const [name, text] of Object.entries(endings)) {
  session(`${name}: a clean end`, async (dap) => {
    await dap.initialize();
    dap.writeRaw(Buffer.from(text));
    const exit = await dap.ended;
    assert.equal(exit.signal, null);
    assert.doesNotMatch(dap.stderr, /Sanitizer|runtime error/);
    assert.ok(dap.has('output') || dap.stderr || / <- .*"success":false/.test(dap.transcript()), 'it says why');
  }, { end: null });
}

const bodies = {
  'no JSON': '{"seq":1,', 'JSON that is no object': '[1,2]', 'a NUL in the JSON': '{"seq":1,"type":"request","comm\0and":1}',
  'invalid UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), 'nothing': '',
  'too deep JSON': '['.repeat(100000), 'no type': '{"seq":1}', 'a type that does not exist': '{"seq":1,"type":"foo"}',
  'a command that is no string': '{"seq":1,"type":"request","command":5}', 'no seq': '{"type":"request","command":"threads"}',
  'a response to nothing': '{"seq":1,"type":"response","request_seq":77,"success":true,"command":"runInTerminal"}',
};
for (const [name, body] of Object.entries(bodies)) {
  session(`a body that is ${name} does not crash`, async (dap) => {
    const bytes = Buffer.from(body);
    await dap.initialize();
    dap.writeRaw(Buffer.concat([Buffer.from(`Content-Length: ${bytes.length}\r\n\r\n`), bytes]));
    dap.closeInput();
    const exit = await dap.ended;
    assert.equal(exit.signal, null);
    assert.doesNotMatch(dap.stderr, /Sanitizer|runtime error/);
  }, { end: null });
}

session('arguments of a request that takes none must be an object too', async (dap) => {
  await dap.initialize();
  await dap.request('launch', { program: program('steps') });
  assert.match(await dap.failing('threads', 'x'), /arguments: expected an object, got a string/);
  assert.match(await dap.failing('configurationDone', 5), /arguments: expected an object, got a number/);
  await dap.request('threads', []);   // what some encoders make of an empty table
  await dap.request('configurationDone', []);
  assert.equal(await dap.exited(), 0);
});

session('a NUL in a string is refused, not cut off', async (dap) => {
  await dap.initialize();
  assert.match(await dap.failing('launch', { program: '/bin/true\0x' }), /\\u0000|NUL/);
});

session('an unknown request is named', async (dap) => {
  await dap.initialize();
  assert.match(await dap.failing('makeCoffee', { sugar: 2 }), /makeCoffee/);
});

session('requests in the wrong state', async (dap) => {
  assert.match(await dap.failing('launch', { program: '/bin/true' }), /initialize/);
  await dap.initialize();
  assert.match(await dap.failing('initialize', { adapterID: 'x' }), /.+/);
  for (const [command, args] of [['continue', { threadId: 1 }], ['next', { threadId: 1 }], ['stackTrace', { threadId: 1 }], ['pause', { threadId: 1 }],
    ['readMemory', { memoryReference: '0x1000', count: 4 }], ['scopes', { frameId: 1 }], ['variables', { variablesReference: 1 }]]) {
    assert.match(await dap.failing(command, args), /.+/, command);
  }
  await dap.request('launch', { program: program('waits_for_signal') });
  await dap.request('configurationDone');
  await dap.outputContains('ready');
  const [thread] = await dap.threads();
  for (const command of ['continue', 'next', 'stepIn', 'stepOut', 'stackTrace']) {
    assert.match(await dap.failing(command, { threadId: thread.id }), /running|stopped/i, command);
  }
  assert.match(await dap.failing('launch', { program: '/bin/true' }), /.+/, 'a second launch');
});

session('arguments: missing, of a wrong type, out of range', async (dap) => {
  await dap.launch({ program: program('steps'), stopAtBeginningOfMainSubprogram: true });
  const { threadId } = await dap.stopped();
  const frame = await dap.top(threadId);
  const wrong = [
    ['next', undefined, /threadId|arguments/], ['next', {}, /threadId/], ['next', { threadId: 'x' }, /threadId/], ['next', { threadId: 1.5 }, /threadId/],
    ['next', { threadId: 4000000 }, /thread/i], ['next', { threadId, granularity: 'page' }, /granularity/],
    ['stackTrace', { threadId: 4000000 }, /thread/i], ['stackTrace', { threadId, levels: -1 }, /levels/], ['stackTrace', { threadId, startFrame: 'a' }, /startFrame/],
    ['scopes', {}, /frameId/], ['scopes', { frameId: 0 }, /frame/i], ['scopes', { frameId: 99999 }, /frame/i], ['scopes', { frameId: 1e300 }, /frame/i],
    ['variables', { variablesReference: 0 }, /reference/i], ['variables', { variablesReference: 2 ** 30 }, /reference/i],
    ['variables', { variablesReference: -1 }, /reference/i], ['variables', {}, /variablesReference/],
    ['evaluate', {}, /expression/], ['evaluate', { expression: 5 }, /expression/], ['evaluate', { expression: 'sum', frameId: 99999 }, /frame/i],
    ['setBreakpoints', {}, /source/], ['setBreakpoints', { source: 5 }, /source/], ['setBreakpoints', { source: { path: '/x' }, breakpoints: 5 }, /breakpoints/],
    ['setBreakpoints', { source: { path: '/x' }, breakpoints: [{}] }, /line/], ['setBreakpoints', { source: { path: '/x' }, breakpoints: [{ line: 'x' }] }, /line/],
    ['readMemory', { memoryReference: 'zzz', count: 4 }, /memoryReference/], ['readMemory', { memoryReference: '0x1000' }, /count/],
    ['readMemory', { memoryReference: '0x1000', count: -4 }, /count/], ['writeMemory', { memoryReference: '0x1000', data: '***' }, /data|base64/i],
    ['disassemble', { memoryReference: frame.instructionPointerReference, instructionCount: -5 }, /instructionCount/],
    ['disassemble', { memoryReference: frame.instructionPointerReference }, /instructionCount/],
    ['setVariable', { variablesReference: 1, name: 'nothing', value: '1' }, /.+/], ['setExceptionBreakpoints', { filters: 'x' }, /filters/],
    ['source', { sourceReference: 123456 }, /reference|source/i], ['exceptionInfo', { threadId }, /.+/],
  ];
  for (const [command, args, words] of wrong) {
    const text = await dap.failing(command, args);
    assert.match(text, words, `${command} ${JSON.stringify(args)}`);
  }
  assert.equal((await dap.top(threadId)).line, frame.line, 'nothing happened to the program');
});

session('strings of any content come back whole', async (dap) => {
  await dap.initialize();
  const text = await dap.failing('launch', { program: '/tmp/\u00e4 "quoted" \\ \u{1f41e}\n{percent} %s' });
  assert.match(text, /\u{1f41e}/u);
});

session('frames and references of the last stop are refused after a resume', async (dap) => {
  await dap.launch({ program: program('steps'), stopAtBeginningOfMainSubprogram: true });
  const { threadId } = await dap.stopped();
  const frame = await dap.top(threadId);
  const scope = await dap.scope(frame.id, 'Locals');
  await dap.step('next', threadId);
  assert.match(await dap.failing('scopes', { frameId: frame.id }), /.+/);
  assert.match(await dap.failing('variables', { variablesReference: scope.variablesReference }), /.+/);
  assert.match(await dap.failing('evaluate', { expression: 'sum', frameId: frame.id }), /.+/);
});
