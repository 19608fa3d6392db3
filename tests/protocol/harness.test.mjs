// The harness finds the faults it is there for: adapters that break a rule each.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { test } from 'node:test';
import { Rules } from './rules.mjs';
import { Schema } from './schema.mjs';
import { Decoder, encode } from './framing.mjs';

const schema = new Schema();

// The faults of a conversation: [request, args] is ours; objects are the adapter's messages.
function faults(...messages) {
  const rules = new Rules();
  let ours = 0;
  let theirs = 0;
  const found = [];
  for (const message of messages) {
    if (Array.isArray(message)) {
      rules.sent({ seq: ++ours, command: message[0], arguments: message[1] });
    } else {
      const whole = { seq: ++theirs, ...message };
      found.push(...schema.faults(whole, rules.commandOf(whole)));
      rules.received(whole);
    }
  }
  return [...found, ...rules.faults].join('\n');
}

const answer = (requestSeq, command, body) => ({ type: 'response', request_seq: requestSeq, success: true, command, ...(body ? { body } : {}) });
const event = (name, body) => ({ type: 'event', event: name, ...(body ? { body } : {}) });
const stop = event('stopped', { reason: 'step', threadId: 1 });

test('a right conversation has no faults', () => {
  assert.equal(faults(['initialize'], answer(1, 'initialize', { supportsLogPoints: true }), event('initialized'), stop, ['next', { threadId: 1 }],
    answer(2, 'next'), stop, event('exited', { exitCode: 0 }), event('terminated')), '');
});

const broken = {
  'a stop before the response to its step': [[stop, ['next'], stop], /stopped .* (while|before)/],
  'two stops for one': [[stop, stop], /while stopped/],
  'an unknown event': [[event('hello')], /no HelloEvent/],
  'an unknown member': [[event('exited', { exitCode: 0, extra: 1 })], /additional/],
  'a missing member': [[event('exited', {})], /exitCode/],
  'a wrong type': [[event('exited', { exitCode: '0' })], /number/],
  'a fraction': [[event('exited', { exitCode: 0.5 })], /integer/],
  'seq that does not rise': [[{ ...stop, seq: 5 }, { ...event('terminated'), seq: 5 }], /seq 5 after 5/],
  'a response to nothing': [[answer(9, 'next')], /never sent/],
  'a second response': [[['next'], answer(1, 'next'), answer(1, 'next')], /answered before/],
  'a response for another command': [[['next'], answer(1, 'continue', {})], /says continue/],
  'a late continued': [[stop, ['continue'], answer(1, 'continue', {}), event('continued', { threadId: 1 })], /already knows/],
  'a resume of our own untold': [[stop, ['ptdap/stepSyscall'], answer(1, 'ptdap/stepSyscall'), stop], /while stopped/],
  'an event after terminated': [[event('terminated'), event('output', { output: 'x' })], /after terminated/],
  'initialized too early': [[['initialize'], event('initialized')], /before the response/],
  'fewer breakpoints than asked': [[['setBreakpoints', { breakpoints: [{ line: 1 }] }], answer(1, 'setBreakpoints', { breakpoints: [] })], /0 breakpoints for 1/],
  'an unverified breakpoint without a word': [[['setBreakpoints', { breakpoints: [{ line: 1 }] }],
    answer(1, 'setBreakpoints', { breakpoints: [{ verified: false }] })], /without a message/],
  'two children of a name': [[['variables', {}], answer(1, 'variables', { variables: [{ name: 'x', value: '1', variablesReference: 0 },
    { name: 'x', value: '2', variablesReference: 0 }] })], /twice: x/],
  'a reference too big': [[['variables', {}], answer(1, 'variables', { variables: [{ name: 'x', value: '1', variablesReference: 2 ** 31 }] })], /out of range/],
  'a frame id of 0': [[['stackTrace', {}], answer(1, 'stackTrace', { stackFrames: [{ id: 0, name: 'f', line: 0, column: 0 }] })], /frame id 0/],
  'an address that is not canonical': [[['variables', {}], answer(1, 'variables', { variables: [{ name: 'x', value: '1', variablesReference: 0,
    memoryReference: '0x00AB' }] })], /canonical/],
  'a failure without words': [[['next'], { type: 'response', request_seq: 1, success: false, command: 'next' }], /why/],
};
for (const [name, [messages, words]] of Object.entries(broken)) {
  test(`found: ${name}`, () => assert.match(faults(...messages), words));
}

test('stdout that holds something else is found', () => {
  assert.throws(() => new Decoder().push(Buffer.from('hello\n'), () => {}), /not a message/);
  assert.throws(() => new Decoder().push(Buffer.from('Content-Length: 2\r\nX: y\r\n\r\n{}'), () => {}), /bad header/);
  assert.throws(() => new Decoder().push(Buffer.concat([encode({}), Buffer.from('oops')]), () => {}), /not a message/);
});

test('messages in any chunks', () => {
  const bytes = Buffer.concat([encode({ a: '\u00e4' }), encode({ b: 2 })]);
  for (let size = 1; size <= bytes.length; size++) {
    const decoder = new Decoder();
    const seen = [];
    for (let at = 0; at < bytes.length; at += size) {
      decoder.push(bytes.subarray(at, at + size), (message) => seen.push(message));
    }
    assert.deepEqual(seen, [{ a: '\u00e4' }, { b: 2 }]);
    assert.equal(decoder.leftover.length, 0);
  }
});

test('temporary folders are gone when their process is, however it ends', async (t) => {
  const session = JSON.stringify(new URL('session.mjs', import.meta.url).href);
  for (const [how, end] of Object.entries({ returns: '', throws: 'throw new Error("on purpose");', 'is ended': 'setInterval(() => {}, 1000);' })) {
    await t.test(`a process that ${how}`, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', `
        const { temporaryFolder } = await import(${session});
        const folders = [temporaryFolder(), temporaryFolder()];
        (await import('node:fs')).writeFileSync(folders[1] + '/file', 'text');
        console.log(folders.join(' '));
        ${end}`], { stdio: ['ignore', 'pipe', 'ignore'] });
      const ended = once(child, 'exit');
      const [told] = await once(child.stdout, 'data');
      if (how === 'is ended') {
        child.kill();
      }
      await ended;
      const folders = told.toString().trim().split(' ');
      assert.equal(folders.length, 2);
      assert.deepEqual(folders.filter((folder) => fs.existsSync(folder)), []);
    });
  }
});
