// A live DAP conversation, printed as it happens. demo.mjs [PROGRAM [ARGS...]]; env: PTDAP, DEMO_PROGRAM, DEMO_SOURCE.
import fs from 'node:fs';
import path from 'node:path';
import { Client } from '../tests/protocol/client.mjs';

const [given, ...givenArgs] = process.argv.slice(2);
const isOwn = given === undefined;
// A bare name that is no file here is looked for in PATH.
const isFile = !isOwn && (given.includes('/') || fs.existsSync(given));
const program = isOwn ? process.env.DEMO_PROGRAM : isFile ? path.resolve(given) : given;
const args = isOwn ? [process.env.DEMO_SOURCE] : givenArgs;
const SYSCALL_STOPS = 12;

const hasColour = process.env.NO_COLOR === undefined && (process.stdout.isTTY || process.env.FORCE_COLOR !== undefined);
const paint = (code) => (text) => (hasColour ? `\u001b[${code}m${text}\u001b[0m` : text);
const [bold, dim, red, green, yellow, blue, cyan] = [1, 2, 31, 32, 33, 34, 36].map(paint);

process.stdout.on('error', () => process.exit(0));   // a reader like `head` has seen enough

const say = (text = '') => process.stdout.write(`${text}\n`);
const title = (text) => say(`\n${bold(`== ${text}`)}`);
const short = (value, length = 100) => {
  const text = JSON.stringify(value) ?? '';
  return text.length > length ? `${text.slice(0, length)}...` : text;
};

// The traffic in one line each; what the program writes stands out.
function traffic(direction, message) {
  if (direction === '!!') {
    say(red(`  fault in the conversation: ${message}`));
  } else if (typeof message === 'string') {
    return;
  } else if (message.type === 'request') {
    say(dim(`  -> ${message.command} ${short(message.arguments ?? {})}`));
  } else if (message.type === 'event' && message.event === 'output') {
    const paintOutput = { stdout: green, stderr: red }[message.body.category] ?? cyan;
    say(message.body.output.trimEnd().split('\n').map((line) => paintOutput(`  | ${line}`)).join('\n'));
  } else if (message.type === 'event' && message.event !== 'module') {
    say(blue(`  <- ${message.event} ${short(message.body ?? {})}`));
  } else if (message.type === 'response' && !message.success) {
    say(red(`  <- ${message.command} failed: ${message.message}`));
  }
}

const table = (variables, count = 40) => {
  for (const v of variables.slice(0, count)) {
    say(`    ${yellow(v.name.padEnd(14))} ${v.value}${v.type ? dim(`  ${v.type}`) : ''}`);
  }
};

async function showStack(dap, threadId) {
  for (const [i, frame] of (await dap.stack(threadId, { startFrame: 0, levels: 8 })).entries()) {
    const place = frame.source?.path ? `${path.basename(frame.source.path)}:${frame.line}` : frame.instructionPointerReference;
    say(`    ${dim(`#${i}`)} ${bold(frame.name)} ${place}`);
  }
}

async function showCode(dap, frame) {
  const file = frame.source?.path;
  if (file && fs.existsSync(file)) {
    const lines = fs.readFileSync(file, 'utf8').split('\n');
    for (let n = Math.max(1, frame.line - 2); n <= Math.min(lines.length, frame.line + 2); n++) {
      say(`  ${n === frame.line ? yellow('>') : ' '} ${dim(String(n).padStart(4))} ${lines[n - 1]}`);
    }
    return;
  }
  const { instructions } = await dap.request('disassemble', {
    memoryReference: frame.instructionPointerReference, instructionOffset: 0, instructionCount: 5, resolveSymbols: true });
  for (const [i, row] of instructions.entries()) {
    say(`  ${i === 0 ? yellow('>') : ' '} ${row.address}  ${row.instruction}${row.symbol ? cyan(`  ${row.symbol}`) : ''}`);
  }
}

async function showRegisters(dap, frame) {
  const scope = await dap.scope(frame.id, 'Registers');
  const groups = await dap.children(scope);
  say(`    groups: ${groups.map((g) => g.name).join(', ')}`);
  table(await dap.children(groups[0]));
  const flags = groups.find((g) => /flag/i.test(g.name));
  if (flags) {
    table(await dap.children(flags));
  }
}

// Syscall by syscall, as decoded by the adapter; the scope of the last one.
async function showSyscalls(dap, threadId) {
  const filter = dap.capabilities.exceptionBreakpointFilters?.find((f) => /return|exit/i.test(f.label));
  await dap.request('setExceptionBreakpoints', { filters: [filter.filter] });
  for (let i = 0; i < SYSCALL_STOPS; i++) {
    await dap.request('continue', { threadId });
    const stop = await nextStop(dap);
    if (!stop) {
      return false;
    }
    say(`    ${yellow(stop.text ?? stop.description)}`);
  }
  const scope = await dap.scope((await dap.top(threadId)).id, 'Syscall');
  table(await dap.children(scope));
  await dap.request('setExceptionBreakpoints', { filters: [] });
  return true;
}

// The next stop, or null at the end of the program.
async function nextStop(dap) {
  await dap.until('stop or end', () => dap.has('terminated') || dap.events.some((e) => e.event === 'stopped' && !e.isTaken));
  return dap.events.some((e) => e.event === 'stopped' && !e.isTaken) ? dap.stopped() : null;
}

const markedLine = (mark) => fs.readFileSync(process.env.DEMO_SOURCE, 'utf8').split('\n').findIndex((l) => l.endsWith(`// ${mark}`)) + 1;

async function setBreakpoint(dap) {
  if (isOwn) {
    return dap.setBreakpoints(process.env.DEMO_SOURCE, [{ line: markedLine('counted'), condition: 'word->count == 3' }]);
  }
  const { breakpoints } = await dap.request('setFunctionBreakpoints', { breakpoints: ['main', 'write', 'exit'].map((name) => ({ name })) });
  return breakpoints;
}

async function clearBreakpoints(dap) {
  await (isOwn ? dap.setBreakpoints(process.env.DEMO_SOURCE, []) : dap.request('setFunctionBreakpoints', { breakpoints: [] }));
}

async function showScopes(dap, frame) {
  const { scopes } = await dap.request('scopes', { frameId: frame.id });
  for (const scope of scopes.filter((s) => !s.expensive && /arguments|locals/i.test(s.name))) {
    say(`    ${bold(scope.name)}`);
    table(await dap.children(scope), 12);
  }
}

async function conversation(dap) {
  title('initialize');
  const capabilities = await dap.initialize();
  say(`    ${Object.values(capabilities).filter((v) => v === true).length} capabilities`);

  title(`launch ${[program, ...args].join(' ')}`);
  const launched = dap.request('launch', { program, args, stopOnEntry: true });
  await Promise.race([dap.waitFor('initialized'), launched.then(() => dap.waitFor('initialized'))]);
  await dap.request('configurationDone');
  await launched;

  title('entry: not one instruction of the program has run');
  const { threadId } = await dap.stopped();
  const entry = await dap.top(threadId);
  await showCode(dap, { ...entry, source: undefined });

  title('registers');
  await showRegisters(dap, entry);

  title(`the first ${SYSCALL_STOPS} system calls`);
  if (!(await showSyscalls(dap, threadId))) {
    return;
  }

  title('a breakpoint');
  const breakpoints = await setBreakpoint(dap);
  say(`    ${breakpoints.map((b) => (b.verified ? green('verified') : `${yellow('pending')} ${b.message}`)).join(', ')}`);
  await dap.request('continue', { threadId });
  const stop = await nextStop(dap);
  if (!stop) {
    return;
  }
  await showCode(dap, await dap.top(stop.threadId));
  await showStack(dap, stop.threadId);
  await showScopes(dap, await dap.top(stop.threadId));

  title('a step');
  await dap.request('next', { threadId: stop.threadId });
  if (!(await nextStop(dap))) {
    return;
  }
  const frame = await dap.top(stop.threadId);
  await showCode(dap, frame);

  title('watches');
  for (const expression of isOwn ? ['*word', 'table->words * 2 + 1', 'word->text', 'sizeof *table', '$rip'] : ['$rip', '$rsp', '*(long *)$rsp', '6 * 7']) {
    const answer = await dap.tryRequest('evaluate', { expression, frameId: frame.id, context: 'watch' });
    say(`    ${yellow(expression.padEnd(22))} ${answer.success ? answer.body.result : red(answer.message)}`);
  }

  title('to the end');
  await clearBreakpoints(dap);
  await dap.request('continue', { threadId: stop.threadId });
  while (await nextStop(dap)) {
    await dap.request('continue', { threadId: stop.threadId });
  }
}

const dap = Client.spawn();
dap.onTraffic = traffic;
try {
  await conversation(dap);
  const exited = dap.events.find((e) => e.event === 'exited');
  say(`\n${bold(`exit code ${exited?.body.exitCode}`)}`);
  await dap.finish();
} catch (error) {
  say(red(error.message.split('\n--- transcript')[0]));
  dap.destroy();
  process.exitCode = 1;
}
