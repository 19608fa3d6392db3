// The same program under strace and under `ptdap trace`: runs, parsing, alignment, and what may differ (strace_differences.mjs).
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { DIFFERENCES, RUN_TO_RUN } from './strace_differences.mjs';

const PTDAP = process.env.PTDAP;
export const canRun = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;
// Without randomised addresses both runs see the same ones; where personality() is forbidden, any address equals any other.
const FIXED_ADDRESSES = canRun('setarch', '-R', 'true');
const PREFIX = FIXED_ADDRESSES ? ['setarch', '-R'] : [];
export const CANNOT_TRACE = !canRun('strace', '-o', '/dev/null', 'true') && 'strace is not there or may not trace';

// ---- a run: [{tid, lines}] --------------------------------------------------------------------------------------------

function run(words, { cwd, env, timeout = 120000 }) {
  const [command, ...args] = [...PREFIX, ...words];
  const { error, status, stderr } = spawnSync(command, args, { cwd, env, timeout, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  if (error || /Sanitizer|runtime error/.test(stderr)) {
    throw new Error(`${words.join(' ')}: ${error ?? stderr}`);
  }
  return status;
}

// A file a thread: no call is torn in two by those of others.
function underStrace(words, options, folder) {
  const status = run(['strace', '-ff', '-y', '-n', '-o', path.join(folder, 's'), ...words], options);
  const processes = fs.readdirSync(folder).filter((name) => /^s\.\d+$/.test(name)).map((name) => ({
    tid: Number(name.slice(2)), lines: linesOf(path.join(folder, name)),
  }));
  return { status, processes };
}

function underPtdap(words, options, folder) {
  const file = path.join(folder, 'ptdap');
  const status = run([PTDAP, 'trace', '-f', '-y', '-o', file, '--', ...words], options);
  const threads = new Map();
  for (const line of linesOf(file)) {
    // "TID NUMBER call(...)": no TID as long as there is one thread.
    const [, tid, text] = /^(?:(\d+) (?=\d+ \w|[-+]{3}))?(.*)$/.exec(line);
    if (isCompared(text)) {
      threads.set(tid, [...(threads.get(tid) ?? []), text]);
    }
  }
  const unnamed = threads.get(undefined) ?? [];
  threads.delete(undefined);
  const made = new Set([...threads.values()].flatMap((lines) => children(lines)));
  const [, itself] = /^\d+ set_tid_address\(.* = (\d+)$/m.exec(unnamed.join('\n')) ?? [];
  const root = Number(itself ?? [...threads.keys()].find((tid) => !made.has(Number(tid))));
  threads.set(String(root), [...unnamed, ...(threads.get(String(root)) ?? [])]);
  return { status, processes: [...threads].map(([tid, lines]) => ({ tid: Number(tid), lines })) };
}

// Signals as they come are not calls, and ptdap has them as stops.
const isCompared = (line) => line !== '' && !line.startsWith('--- ');
// strace fills up to columns: "[  39] getpid()         = 12".
const tidied = (line) => line.replace(/^\[ *\d+\] (?=[-+]{3})/, '').replace(/^\[ *(\d+)\]/, '$1').replace(/\)\s+= /, ') = ');
const linesOf = (file) => fs.readFileSync(file, 'utf8').split('\n').map(tidied).filter(isCompared);

// ---- which process is which -------------------------------------------------------------------------------------------

const children = (lines) => lines.flatMap((line) => /^\d+ v?fork\(\) = (\d+)|^\d+ clone3?\(.* = (\d+)/.exec(line)?.slice(1).filter(Boolean).map(Number) ?? []);

// In the order of the calls that made them, parents first: [{lines, index}].
function ordered(processes) {
  const byTid = new Map(processes.map((process) => [process.tid, process]));
  const made = new Set(processes.flatMap(({ lines }) => children(lines)));
  const found = [];
  const visit = (process, name) => {
    if (process && !process.name) {
      process.name = name;
      found.push(process);
      children(process.lines).forEach((tid, i) => visit(byTid.get(tid), `${name}.${i + 1}`));
    }
  };
  processes.filter(({ tid }) => !made.has(tid)).forEach((process, i) => visit(process, String(i + 1)));
  return found;
}

// ---- lines that say the same ------------------------------------------------------------------------------------------

function canonical(line, names) {
  let text = line.replace(/(?<![\w.])\d+(?![\w.])/g, (number) => (names.has(Number(number)) ? `<process ${names.get(Number(number))}>` : number));
  if (!FIXED_ADDRESSES || names.hasThreads) {
    text = text.replace(/0x[0-9a-f]{6,16}\b/g, 'ADDRESS');
  }
  for (const { when, replace } of RUN_TO_RUN) {
    if (!when || when.test(text)) {
      text = replace.reduce((before, [from, to]) => before.replace(from, to), text);
    }
  }
  return text;
}

function prepared({ processes }) {
  const found = ordered(processes);
  const names = new Map(found.map(({ tid, name }) => [tid, name]));
  names.hasThreads = found.some(({ lines }) => lines.some((line) => / clone3?\(.*CLONE_THREAD/.test(line)));
  // Without the number: it pairs lines, and the name says the same unless one tracer does not know the call.
  const split = (line) => /^(?:(\d+) (?=\w))?(.*)$/.exec(line).slice(1);
  const parsed = (line) => {
    const [call, text] = split(line);
    return { text, key: canonical(text, names), bare: canonical(text, { has: () => false, hasThreads: names.hasThreads }), call: call ?? text };
  };
  return new Map(found.map(({ name, lines }) => [name, lines.map(parsed)]));
}

// Longest common subsequence by `key(line)`: [[left or undefined, right or undefined], ...] in order.
function align(left, right, key) {
  const pairs = [];
  let start = 0;
  while (start < left.length && start < right.length && key(left[start]) === key(right[start])) {
    pairs.push([left[start], right[start]]);
    start++;
  }
  let [m, n] = [left.length, right.length];
  const tail = [];
  while (m > start && n > start && key(left[m - 1]) === key(right[n - 1])) {
    tail.unshift([left[--m], right[--n]]);
  }
  const [rows, columns] = [m - start + 1, n - start + 1];
  const longest = new Uint16Array(rows * columns);
  for (let i = rows - 2; i >= 0; i--) {
    for (let j = columns - 2; j >= 0; j--) {
      longest[i * columns + j] = key(left[start + i]) === key(right[start + j]) ? longest[(i + 1) * columns + j + 1] + 1
        : Math.max(longest[(i + 1) * columns + j], longest[i * columns + j + 1]);
    }
  }
  let [i, j] = [0, 0];
  while (i < rows - 1 || j < columns - 1) {
    if (i < rows - 1 && j < columns - 1 && key(left[start + i]) === key(right[start + j])) {
      pairs.push([left[start + i++], right[start + j++]]);
    } else if (j === columns - 1 || (i < rows - 1 && longest[(i + 1) * columns + j] >= longest[i * columns + j + 1])) {
      pairs.push([left[start + i++], undefined]);
    } else {
      pairs.push([undefined, right[start + j++]]);
    }
  }
  return [...pairs, ...tail];
}

// Lines that stand alone between equal ones are paired by the numbers of their calls.
function paired(left, right) {
  const pairs = [];
  let gap = [[], []];
  const close = () => {
    pairs.push(...align(gap[0], gap[1], ({ call }) => call));
    gap = [[], []];
  };
  for (const [a, b] of align(left, right, ({ key }) => key)) {
    if (a && b) {
      close();
      pairs.push([a, b]);
    } else {
      gap[a ? 0 : 1].push(a ?? b);
    }
  }
  close();
  return pairs;
}

// The declared differences that make two lines the same, or that one line may stand alone; undefined: none does.
function explained(a, b) {
  if (!a || !b) {
    const found = DIFFERENCES.find(({ alone }) => alone?.test((a ?? b).key));
    return found && [found];
  }
  if (a.text === b.text) {
    return [];
  }
  const used = [];
  let [x, y] = [a.key, b.key];
  for (const difference of DIFFERENCES.filter(({ same }) => same)) {
    const before = [x, y];
    [x, y] = difference.same(x, y);
    if (x !== before[0] || y !== before[1]) {
      used.push(difference);
    }
    if (x === y) {
      return used;
    }
  }
  return x === y ? used : undefined;
}

// {lines, agreeing, declared: Map(difference -> count), alone, unexplained: [[strace's, ptdap's]]}: a pair counts once.
export function compare(strace, ptdap) {
  const [left, right] = [prepared(strace), prepared(ptdap)];
  const report = { lines: 0, agreeing: 0, declared: new Map(), alone: 0, unexplained: [] };
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    for (const [a, b] of paired(left.get(name) ?? [], right.get(name) ?? [])) {
      report.lines++;
      // Other numbers may happen to be those of processes: then they are the same as they stand.
      if (a && b && (a.key === b.key || a.bare === b.bare)) {
        report.agreeing++;
        continue;
      }
      const why = explained(a, b);
      if (!why) {
        report.unexplained.push([a?.text, b?.text]);
      }
      report.alone += why && !(a && b) ? 1 : 0;
      for (const difference of why ?? []) {
        report.declared.set(difference, (report.declared.get(difference) ?? 0) + 1);
      }
    }
  }
  return report;
}

const found = (name) => process.env.PATH.split(':').map((folder) => path.resolve(folder, name)).find((file) => fs.existsSync(file));

// prepare(folder) makes the files anew for each run, under the same name.
export function traceTwice(folder, words, { prepare = () => {}, env = {} } = {}) {
  const work = path.join(folder, 'work');
  words = [found(words[0]), ...words.slice(1)];   // as argv[0] too: the tracers differ in what they make of a bare name
  const runs = [underStrace, underPtdap].map((tracer) => {
    fs.rmSync(work, { recursive: true, force: true });
    fs.mkdirSync(work);
    prepare(work);
    return tracer(words, { cwd: work, env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: work, LANG: 'C', TZ: 'UTC', ...env } }, folder);
  });
  return runs;
}

export function tell(name, { lines, agreeing, declared, unexplained }) {
  const text = [`${name}: ${lines} lines, ${agreeing} agree, ${unexplained.length} unexplained`];
  for (const [difference, count] of declared) {
    text.push(`  ${count} declared: ${difference.name}`);
  }
  for (const [a, b] of unexplained.slice(0, Number(process.env.PTDAP_STRACE_LINES ?? 20))) {
    text.push(`  strace: ${a ?? '(nothing)'}`, `  ptdap:  ${b ?? '(nothing)'}`);
  }
  return text.join('\n');
}
