// Programs that are not ours.
import fs from 'node:fs';
import { execFileSync } from 'node:child_process';
import { assert, session, program, at, line } from './session.mjs';

session('/bin/ls, stripped and position-independent, runs to its end', async (dap) => {
  await dap.launch({ program: '/bin/ls', args: ['-1', '/etc'] });
  assert.equal(await dap.exited(), 0);
  assert.equal(dap.output('stdout').split('\n').filter(Boolean).length, execFileSync('/bin/ls', ['-1', '/etc']).toString().split('\n').filter(Boolean).length);
});

session('/bin/ls by syscalls: the directory it reads', async (dap) => {
  await dap.launch({ program: '/bin/ls', args: ['/etc'], stopOnEntry: true });
  const { threadId } = await dap.stopped('entry');
  const filter = dap.capabilities.exceptionBreakpointFilters.find((f) => /return|exit/i.test(f.label)).filter;
  await dap.request('setExceptionBreakpoints', { filters: [], filterOptions: [{ filterId: filter, condition: 'getdents64' }] });
  await dap.request('continue', { threadId });
  const stop = await dap.stopped('syscall');
  assert.match(`${stop.description} ${stop.text}`, /getdents64\(\d+.*\/etc/);
  assert.ok((await dap.stack(threadId)).length >= 2);
  await dap.request('setExceptionBreakpoints', { filters: [] });
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
});

session('/bin/ls: function breakpoints in its C library, stepping without source', async (dap) => {
  const { functions } = await dap.launch({ program: '/bin/ls', args: ['/etc'], functions: ['opendir', 'closedir'] });
  assert.equal(functions.length, 2);
  const { threadId } = await dap.stopped('function breakpoint');
  // What it begins with may be inlined.
  assert.ok((await dap.stack(threadId)).slice(0, 2).some((f) => /opendir/.test(f.name)));
  for (let i = 0; i < 10; i++) {
    await dap.step('stepIn', threadId, { granularity: 'instruction' });
  }
  await dap.request('continue', { threadId });
  const stop = await dap.stopped('function breakpoint');
  assert.ok((await dap.stack(stop.threadId)).slice(0, 2).some((f) => /closedir/.test(f.name)));
  await dap.request('setFunctionBreakpoints', { breakpoints: [] });
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
});

session('/bin/bash -c with children', async (dap) => {
  await dap.launch({ program: '/bin/bash', args: ['-c', 'x=$(echo a | tr a b); for i in 1 2 3; do echo "$i$x"; done; exit 4'] });
  assert.equal(await dap.exited(), 4);
  assert.equal(dap.output('stdout'), '1b\n2b\n3b\n');
});

session('a static program', async (dap) => {
  await dap.launch({ program: program('steps-static'), lines: at('steps.c', 'bottom') });
  const { threadId } = await dap.stopped('breakpoint');
  const frames = await dap.stack(threadId);
  assert.deepEqual(frames.slice(0, 6).map((f) => f.name), ['factorial', 'factorial', 'factorial', 'factorial', 'factorial', 'main']);
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
});

session('code without frame pointers, optimised: stacks and lines', async (dap) => {
  await dap.launch({ program: program('steps-noframe'), lines: at('steps.c', 'bottom') });
  const { threadId } = await dap.stopped('breakpoint');
  const frames = await dap.stack(threadId);
  assert.ok(frames.some((f) => f.name === 'main'), frames.map((f) => f.name).join());
});

session('a Rust program: lines, stack, values', async (dap) => {
  await dap.launch({ program: program('guesses'), lines: at('guesses.rs', 'difference') });
  const { threadId } = await dap.stopped('breakpoint');
  const frames = await dap.stack(threadId);
  assert.match(frames[0].name, /judge/);
  assert.equal(frames[0].line, line('guesses.rs', 'difference'));
  assert.ok(frames.some((f) => /guesses::main/.test(f.name)));
  const [, frame] = await dap.step('next', threadId);
  assert.equal((await dap.evaluate('difference', frame.id)).result, '2');
  await dap.request('continue', { threadId });
  assert.equal(await dap.exited(), 0);
}, { skip: !fs.existsSync(program('guesses')) });

session('python3 from the start to its end, threads included', async (dap) => {
  await dap.launch({ program: fs.existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3', args: ['-c',
    'import sys,threading\nt=[threading.Thread(target=sys.stdout.write,args=("%d\\n"%i,)) for i in range(8)]\n[x.start() for x in t]\n[x.join() for x in t]\nraise SystemExit(6)'] });
  assert.equal(await dap.exited(), 6);
  assert.deepEqual(dap.output('stdout').trim().split(/\s+/).sort(), ['0', '1', '2', '3', '4', '5', '6', '7']);
});
