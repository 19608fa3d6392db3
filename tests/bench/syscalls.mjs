// What watching syscalls costs, against the program alone and against strace: the second table.
// syscalls.mjs [--quick]     env: PTDAP, BENCH_DIR (programs)     `taskset -c 1` gives steadier figures
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const calls = path.join(process.env.BENCH_DIR ?? '/tmp/bench', 'calls');
const rounds = process.argv.includes('--quick') ? 1 : 5;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ptdap-bench-'));
const file = path.join(folder, 'trace');

// Nanoseconds of one call, as the program measures them itself: starting and ending do not count.
const measured = async (command, count) => Number((await run(command[0], [...command.slice(1), calls, String(count)], { timeout: 300000 })).stdout);
const trace = (...options) => [process.env.PTDAP, 'trace', ...options, '-o', file, '--'];

const rows = [
  { work: '500k getppid, no syscall chosen', count: 500000, command: trace('-e', 'none'), against: ['env'], reach: 1.03 },
  { work: '500k getppid, only openat chosen', count: 500000, command: trace('--seccomp-bpf', '-e', 'openat'), against: ['env'], reach: 1.15 },
  { work: 'all syscalls traced to a file', count: 50000, command: trace(), against: ['strace', '-f', '-o', file], reach: 1 },
];

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

console.log(`| ${'per call'.padEnd(36)} | ${'ptdap'.padStart(10)} | ${'against'.padStart(18)} | ${'ratio'.padStart(6)} | ${'reach'.padStart(6)} |   |`);
console.log(`|${'-'.repeat(38)}|${'-'.repeat(11)}:|${'-'.repeat(19)}:|${'-'.repeat(7)}:|${'-'.repeat(7)}:|---|`);
for (const row of rows) {
  const [ours, theirs] = [[], []];
  for (let round = 0; round < rounds; round++) {
    ours.push(await measured(row.command, row.count));
    theirs.push(await measured(row.against, row.count));
  }
  const [a, b] = [median(ours), median(theirs)];
  const other = `${row.against[0] === 'env' ? 'alone' : 'strace'} ${b.toFixed(0)} ns`;
  console.log(`| ${row.work.padEnd(36)} | ${`${a.toFixed(0)} ns`.padStart(10)} | ${other.padStart(18)} | ${(a / b).toFixed(2).padStart(6)} | ${
    String(row.reach).padStart(6)} | ${a / b <= row.reach ? 'y' : 'n'} |`);
}

// Over DAP, client and all on one CPU: continue, stopped, stackTrace, scopes, variables.
const client = path.join(path.dirname(calls), 'dapclient');
const times = [];
for (let round = 0; round < rounds; round++) {
  times.push(Number((await run('taskset', ['-c', '0', client, process.env.PTDAP, 'syscalls', calls, 'calls.c', '0', '1000'], { timeout: 60000 })).stdout));
}
const rate = 1e6 / median(times);
console.log(`| ${'a stop per chosen call, its scope read'.padEnd(36)} | ${`${rate.toFixed(0)} /s`.padStart(10)} | ${''.padStart(18)} | ${''.padStart(6)} | ${
  '5000/s'.padStart(6)} | ${rate >= 5000 ? 'y' : 'n'} |`);
fs.rmSync(folder, { recursive: true });
