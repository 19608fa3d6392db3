// What the tests share: sessions that clean up after themselves, debuggees, marks in their sources, /proc.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { Client, IS_PEER } from './client.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
export const PROGRAMS = process.env.PROGRAMS ?? path.resolve(here, '../../build/dev/programs');
export const SOURCES = path.resolve(here, '../programs');

export const program = (name) => path.join(PROGRAMS, name);
export const source = (name) => path.join(SOURCES, name);

// The line that carries `// mark`, from 1.
export function line(name, mark) {
  const lines = fs.readFileSync(source(name), 'utf8').split('\n');
  const found = lines.flatMap((text, i) => (text.endsWith(`// ${mark}`) ? [i + 1] : []));
  assert.equal(found.length, 1, `mark "${mark}" in ${name}`);
  return found[0];
}

// A breakpoint at a mark, for Client.launch's `lines`.
export const at = (name, ...marks) => ({ [source(name)]: marks.map((m) => (typeof m === 'string' ? line(name, m) : { ...m, line: line(name, m.mark), mark: undefined })) });

// A session with this adapter: ended, checked and cleaned up whatever happens. end: what finish() is given; null: `run` ended it.
export async function runSession(client, run, end = {}) {
  try {
    await run(client);
    if (end) {
      await client.finish(end);
      assertNothingLeft(client);
    }
  } catch (error) {
    throw error.message?.includes('--- transcript') ? error : Object.assign(error, { message: `${error.message}\n${client.transcript()}` });
  } finally {
    client.destroy();
    reap(client);
  }
}

// A test that is one session. options.end: as for runSession; options.adapter: for spawn().
export function session(name, run, { end, adapter = {}, ...options } = {}) {
  test(name, { timeout: 240000, ...options }, () => runSession(Client.spawn(undefined, [], adapter), run, end));
}

const folders = [];

function removeFolders() {
  for (const folder of folders) {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

// Gone when this process ends, by itself, by an exception or by a signal (of a timeout, or ^C).
export function temporaryFolder() {
  if (!folders.length) {
    process.on('exit', removeFolders);
    for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 })) {
      process.once(signal, () => process.exit(128 + number));
    }
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ptdap-test-'));
  folders.push(folder);
  return folder;
}

export function status(pid) {
  try {
    return Object.fromEntries(fs.readFileSync(`/proc/${pid}/status`, 'utf8').trim().split('\n').map((l) => l.split(/:\s*/, 2)));
  } catch {
    return null;
  }
}

export const isAlive = (pid) => {
  const found = status(pid);
  return found !== null && !found.State.startsWith('Z');
};

// Processes that carry the mark of this client's adapter.
export function marked(client) {
  const wanted = `PTDAP_TEST_MARK=${client.mark}`;
  return fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return pid !== client.pid && fs.readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(wanted);
    } catch {
      return false;
    }
  });
}

export function assertNothingLeft(client) {
  if (IS_PEER) {
    return;
  }
  // A killed process stays in /proc for the moment that its death takes.
  const deadline = Date.now() + 5000;
  let left = marked(client).filter(isAlive);
  while (left.length && Date.now() < deadline) {
    left = left.filter(isAlive);
  }
  assert.deepEqual(left.map((pid) => status(pid)?.Name), [], 'processes left behind');
}

function reap(client) {
  for (const pid of marked(client)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch { /* it ended by itself */ }
  }
}

// A process of our own to attach to, ready when it has written its first line; killed at the end of the test.
export async function victim(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], ...options });
  const it = { pid: child.pid, child, text: '' };
  it.ended = new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal })));
  await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => reject(new Error(`${command} ended early`)));
    child.stdout.on('data', (chunk) => {
      it.text += chunk;
      if (it.text.includes('\n')) {
        resolve();
      }
    });
  });
  // It answers each line with a line: proof that it runs.
  it.ask = (lineText) => new Promise((resolve, reject) => {
    const before = it.text.length;
    const timer = setTimeout(() => reject(new Error(`${command} does not answer: ${JSON.stringify(it.text)}`)), 30000);
    const look = () => {
      const answer = it.text.slice(before);
      if (answer.includes('\n')) {
        clearTimeout(timer);
        child.stdout.off('data', look);
        resolve(answer.trim());
      }
    };
    child.stdout.on('data', look);
    child.stdin.write(`${lineText}\n`);
  });
  it.kill = () => child.kill('SIGKILL');
  return it;
}

export { assert, test, Client, IS_PEER };
