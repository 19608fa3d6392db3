// ptdap (release) against lldb-dap in the same run, alternating; medians; the table of ratios.
// bench.mjs [--json FILE] [--only NAME] [--quick]     env: PTDAP, LLDB_DAP, BENCH_DIR (built programs and dapclient)
//
// Each row is measured twice: client, adapter and debuggee on one CPU, where what the adapter does is what is measured, and left to the
// scheduler, where on a virtual machine the wake-ups from CPU to CPU (50 us and more each, the same for every adapter) come on top.
import { execFile, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = path.dirname(fileURLToPath(import.meta.url));
const folder = process.env.BENCH_DIR ?? '/tmp/bench';
const source = (name) => path.join(here, 'programs', `${name}.c`);
const line = (name, mark) => fs.readFileSync(source(name), 'utf8').split('\n').findIndex((text) => text.endsWith(`// ${mark}`)) + 1;

function option(name) {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? undefined : process.argv[index + 1];
}

function which(name) {
  return spawnSync('which', [name]).stdout.toString().trim() || undefined;
}

const isQuick = process.argv.includes('--quick');
const adapters = { ptdap: process.env.PTDAP, lldb: process.env.LLDB_DAP ?? which('lldb-dap-19') ?? which('lldb-dap') };
for (const [name, file] of Object.entries(adapters)) {
  if (!file || !fs.existsSync(file)) {
    console.error(`no ${name} adapter: ${file ?? 'not found'}`);
    process.exit(1);
  }
}

const placements = { 'one CPU': ['taskset', '-c', '0'], 'all CPUs': [] };
let placement = [];

async function figure(adapter, scenario, program, mark, count = 1000, extra = '') {
  const args = [adapters[adapter], scenario, path.join(folder, program), source(program), String(mark ? line(program, mark) : 0), String(count), extra];
  const [command, ...rest] = [...placement, path.join(folder, 'dapclient'), ...args];
  const { stdout } = await run(command, rest, { timeout: 150000 });
  return Number(stdout);
}

const simple = (scenario, program, mark) => (adapter) => figure(adapter, scenario, program, mark);

// The difference of two counts of hits: what starts and ends the session cancels out.
const perHit = (extra, counts) => async (adapter) => {
  const [few, many] = counts[adapter];
  const short = await figure(adapter, 'run', 'loops', 'body', few, extra);
  const long = await figure(adapter, 'run', 'loops', 'body', many, extra);
  return (long - short) / (many - few);
};

async function attach(adapter) {
  const child = spawn(path.join(folder, 'threads'), [], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await new Promise((resolve) => child.stdout.once('data', resolve));
    return await figure(adapter, 'attach', 'threads', null, child.pid);
  } finally {
    child.kill('SIGKILL');
  }
}

const rows = [
  { name: 'initialize', work: 'spawn to `initialize` answered', reach: 20, measure: simple('initialize', 'loops'), rounds: 9 },
  { name: 'locals', work: 'spawn to locals shown at a breakpoint', reach: 20, measure: simple('locals', 'loops', 'body'), rounds: 9 },
  { name: 'next', work: '`next` with threads + stack + scopes + locals', reach: 15, measure: simple('next', 'loops', 'body'), rounds: 5 },
  { name: 'instruction', work: 'instruction step, bare', reach: 20, measure: simple('instruction', 'loops', 'body'), rounds: 5 },
  { name: 'condition', work: 'false conditional breakpoint, per hit', reach: 150, limit: 10, rounds: 3,
    measure: perHit(',"condition":"i < 0"', { ptdap: [1000, 51000], lldb: [100, 1100] }) },
  { name: 'log', work: 'log point, per hit', reach: 30, rounds: 3,
    measure: perHit(',"logMessage":"i={i}"', { ptdap: [1000, 11000], lldb: [100, 600] }) },
  { name: 'frames', work: '10,000 frames', reach: 15, measure: simple('frames', 'deep', 'bottom'), rounds: 5 },
  { name: 'array', work: '5,000 of 100,000 array elements', reach: 30, measure: simple('array', 'arrays', 'filled'), rounds: 5 },
  { name: 'registers', work: 'registers scope', reach: 50, measure: simple('registers', 'loops', 'body'), rounds: 5 },
  { name: 'attach', work: 'attach to 65 threads', reach: 20, measure: attach, rounds: 5 },
  { name: 'memory', work: 'peak memory', unit: 'KiB', reach: 20, limit: 12288, measure: simple('memory', 'loops', 'body'), rounds: 3 },
];

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

function shown(value, unit = 'us') {
  if (value === null) {
    return '-';
  }
  if (unit === 'KiB') {
    return `${(value / 1024).toFixed(1)} MiB`;
  }
  return value >= 1000 ? `${(value / 1000).toFixed(2)} ms` : `${value.toFixed(1)} us`;
}

async function measured(row, where) {
  placement = placements[where];
  const values = { ptdap: [], lldb: [] };
  const errors = {};
  for (let round = 0; round < (isQuick ? 1 : row.rounds); round++) {
    // Whoever begins changes from round to round.
    const order = round % 2 ? ['lldb', 'ptdap'] : ['ptdap', 'lldb'];
    for (const adapter of order.filter((a) => !errors[a])) {
      try {
        values[adapter].push(await row.measure(adapter));
      } catch (error) {
        errors[adapter] = (error.stderr || error.message).trim().split('\n')[0].slice(0, 200);
      }
    }
  }
  const of = (adapter) => (values[adapter].length ? median(values[adapter]) : null);
  const result = { name: row.name, work: row.work, where, unit: row.unit ?? 'us', ptdap: of('ptdap'), lldb: of('lldb'), reach: row.reach, limit: row.limit, errors };
  result.ratio = result.ptdap !== null && result.lldb !== null ? result.lldb / result.ptdap : null;
  result.isReached = result.ratio !== null && result.ratio >= row.reach && (row.limit === undefined || result.ptdap <= row.limit);
  return result;
}

const only = option('only');
const results = [];
const cells = (result) => [shown(result.ptdap, result.unit), shown(result.lldb, result.unit),
  result.ratio === null ? '-' : `${result.ratio.toFixed(1)}x`, result.isReached ? 'y' : 'n'];
const print = (work, texts) => console.log(`| ${work.padEnd(46)} | ${texts.map((text, i) => text.padStart([9, 9, 8, 1][i % 4] ?? 6)).join(' | ')} |`);

print('work', [...Object.keys(placements).flatMap((where) => [where, 'lldb-dap', 'ratio', '']), 'reach']);
console.log(`|${'-'.repeat(48)}|${`${'-'.repeat(10)}:|${'-'.repeat(10)}:|${'-'.repeat(9)}:|---|`.repeat(2)}${'-'.repeat(10)}:|`);
for (const row of rows.filter((r) => !only || r.name === only)) {
  const pair = [];
  for (const where of Object.keys(placements)) {
    pair.push(await measured(row, where));
  }
  results.push(...pair);
  print(row.work, [...pair.flatMap(cells), `${row.reach}x`]);
  for (const { where, errors } of pair) {
    for (const [adapter, error] of Object.entries(errors)) {
      console.log(`  ${adapter} (${where}): ${error}`);
    }
  }
}
const json = option('json');
if (json) {
  const file = path.resolve(process.env.BENCH_CWD ?? '.', json);
  fs.writeFileSync(file, `${JSON.stringify({ date: new Date().toISOString(), adapters, results }, null, 2)}\n`);
}
process.exit(results.some((r) => Object.keys(r.errors).length) ? 1 : 0);
