// A DAP client for tests. Every message of the adapter is checked (schema.mjs, rules.mjs); every wait ends by a deadline that
// fails with the whole conversation.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { Decoder, encode } from './framing.mjs';
import { Rules } from './rules.mjs';
import { Schema } from './schema.mjs';

export const IS_PEER = Boolean(process.env.PTDAP_PEER);
const DEADLINE_MS = Number(process.env.PTDAP_DEADLINE_MS ?? 30000);
const SANITIZER = /(AddressSanitizer|LeakSanitizer|ThreadSanitizer|UndefinedBehaviorSanitizer|runtime error:)/;

let schema;

export class Client {
  #child;
  #decoder = new Decoder();
  #rules = new Rules();
  #seq = 0;
  #pending = new Map();
  #waiters = new Set();
  #transcript = [];
  #start = Date.now();
  #faults = [];

  events = [];
  stderr = '';
  capabilities = {};
  announces = {};   // capabilities of the client, over those of initialize()
  // Marks everything the adapter starts, to find what it left behind.
  mark = randomUUID();

  static spawn(adapterPath = process.env.PTDAP, args = [], options = {}) {
    const client = new Client();
    client.#spawn(adapterPath, args, options);
    return client;
  }

  #spawn(adapterPath, args, options) {
    schema ??= new Schema(!IS_PEER);
    this.#child = spawn(adapterPath, args, {
      ...options, stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env, PTDAP_TEST_MARK: this.mark },
    });
    this.pid = this.#child.pid;
    this.#child.on('error', (error) => {
      this.#fault(`the adapter did not start: ${error.message}`);
      this.exit = { code: null, signal: null };
      this.#wake();
    });
    this.#child.on('close', (code, signal) => {
      this.exit = { code, signal };
      this.#log('--', `adapter ended: code ${code}, signal ${signal}`);
      this.#wake();
    });
    this.#child.stdin.on('error', () => {});
    this.#child.stdout.on('data', (chunk) => this.#received(chunk));
    this.#child.stderr.on('data', (chunk) => {
      this.stderr += chunk;
    });
  }

  // --- the wire

  #log(direction, message) {
    this.#transcript.push([Date.now() - this.#start, direction, message]);
    this.onTraffic?.(direction, message);
  }

  #fault(text) {
    this.#faults.push(text);
    this.#log('!!', text);
  }

  get faults() {
    return [...this.#faults, ...this.#rules.faults];
  }

  transcript() {
    const lines = this.#transcript.map(([ms, direction, message]) => {
      const text = typeof message === 'string' ? message : JSON.stringify(message);
      return `${String(ms).padStart(6)} ${direction} ${text.length > 3000 ? `${text.slice(0, 3000)}...` : text}`;
    });
    return ['--- transcript', ...lines, ...this.faults.map((f) => `fault: ${f}`), '--- stderr', this.stderr.slice(-8000)].join('\n');
  }

  fail(text) {
    return new Error(`${text}\n${this.transcript()}`);
  }

  #received(chunk) {
    try {
      this.#decoder.push(chunk, (message) => this.#message(message));
    } catch (error) {
      this.#fault(error.message);
    }
    this.#wake();
  }

  #message(message) {
    this.#log('<-', message);
    for (const fault of schema.faults(message, this.#rules.commandOf(message))) {
      this.#fault(`${message.command ?? message.event}: ${fault}`);
    }
    this.#rules.received(message);
    if (message.type === 'response') {
      const pending = this.#pending.get(message.request_seq);
      this.#pending.delete(message.request_seq);
      pending?.(message);
    } else if (message.type === 'event') {
      this.events.push({ ...message, isTaken: false, index: this.events.length });
      if (message.event === 'capabilities') {
        Object.assign(this.capabilities, message.body.capabilities);
      }
    } else if (message.type === 'request') {
      this.onReverseRequest(message);
    }
  }

  onReverseRequest(message) {
    this.answer(message, { success: false, message: 'not supported by this client' });
  }

  // To a request of the adapter: {success, body | message}.
  answer(message, answer) {
    this.write({ seq: ++this.#seq, type: 'response', request_seq: message.seq, command: message.command, ...answer });
  }

  write(message) {
    this.#log('->', message);
    this.#child.stdin.write(encode(message));
  }

  writeRaw(bytes) {
    this.#log('->', `raw ${JSON.stringify(bytes.toString().slice(0, 300))}`);
    this.#child.stdin.write(bytes);
  }

  // The number of the next request: several clients begin at 0.
  countFrom(seq) {
    this.#seq = seq - 1;
  }

  closeInput() {
    this.#log('->', 'end of input');
    this.#child.stdin.end();
  }

  pauseReading() {
    this.#log('->', 'reads no more for now');
    this.#child.stdout.pause();
  }

  resumeReading() {
    this.#child.stdout.resume();
  }

  closeOutput() {
    this.#log('->', 'stops reading');
    this.#child.stdout.destroy();
  }

  kill(signal) {
    this.#log('->', `signal ${signal}`);
    this.#child.kill(signal);
  }

  // --- waiting

  #wake() {
    for (const waiter of [...this.#waiters]) {
      waiter();
    }
  }

  // Resolves with the first truthy (or thrown) result of `probe`, which is asked after every message.
  until(what, probe, deadlineMs = DEADLINE_MS) {
    return new Promise((resolve, reject) => {
      let timer;
      const finish = (settle, value) => {
        clearTimeout(timer);
        this.#waiters.delete(attempt);
        settle(value);
      };
      const attempt = () => {
        try {
          const result = probe();
          if (result) {
            finish(resolve, result);
          } else if (this.exit) {
            finish(reject, this.fail(`the adapter ended while waiting for ${what}`));
          }
        } catch (error) {
          finish(reject, error);
        }
      };
      timer = setTimeout(() => finish(reject, this.fail(`no ${what} within ${deadlineMs} ms`)), deadlineMs);
      this.#waiters.add(attempt);
      attempt();
    });
  }

  #take(name, predicate) {
    const event = this.events.find((e) => !e.isTaken && e.event === name && predicate(e.body ?? {}));
    if (event) {
      event.isTaken = true;
    }
    return event;
  }

  // The adapter has ended: {code, signal}.
  get ended() {
    return this.until('end of the adapter', () => this.exit);
  }

  // The next event of that name (that satisfies the predicate) which no wait has taken yet: its body.
  async waitFor(name, predicate = () => true, deadlineMs = DEADLINE_MS) {
    const event = await this.until(`event ${name}`, () => this.#take(name, predicate), deadlineMs);
    return event.body ?? {};
  }

  has(name, predicate = () => true) {
    return this.events.some((e) => e.event === name && predicate(e.body ?? {}));
  }

  // The next stop, which must have this reason; fails at once if the program ends instead.
  async stopped(reason) {
    const body = await this.until(`stop (${reason ?? 'any'})`, () => {
      const event = this.#take('stopped', () => true);
      if (!event && this.has('terminated')) {
        throw this.fail(`the program ended instead of stopping (${reason ?? 'any'})`);
      }
      return event?.body;
    });
    if (reason && body.reason !== reason) {
      throw this.fail(`stopped by "${body.reason}" (${body.description ?? ''} ${body.text ?? ''}) instead of "${reason}"`);
    }
    return body;
  }

  // The program runs to its end: the exit code.
  async exited() {
    const { exitCode } = await this.waitFor('exited');
    await this.waitFor('terminated');
    return exitCode;
  }

  output(category) {
    return this.events.filter((e) => e.event === 'output' && (category === undefined || (e.body.category ?? 'console') === category))
      .map((e) => e.body.output).join('');
  }

  outputContains(text, category) {
    return this.until(`output ${JSON.stringify(text)}`, () => this.output(category).includes(text));
  }

  // --- requests

  // The whole response, success or not.
  tryRequest(command, args, deadlineMs = DEADLINE_MS) {
    const message = { seq: ++this.#seq, type: 'request', command, ...(args === undefined ? {} : { arguments: args }) };
    this.#rules.sent(message);
    this.isDisconnecting ||= command === 'disconnect';
    let response;
    this.#pending.set(message.seq, (answer) => {
      response = answer;
    });
    this.write(message);
    this.lastSeq = message.seq;
    return this.until(`response to ${command}`, () => response, deadlineMs);
  }

  async request(command, args) {
    const response = await this.tryRequest(command, args);
    if (!response.success) {
      const error = new Error(`${command}: ${errorText(response)}`);
      error.response = response;
      throw error;
    }
    return response.body ?? {};
  }

  // The words of the error that a request must end in.
  async failing(command, args) {
    const response = await this.tryRequest(command, args);
    if (response.success) {
      throw this.fail(`${command} succeeded`);
    }
    return errorText(response);
  }

  async initialize(args = {}) {
    this.capabilities = await this.request('initialize', {
      clientID: 'ptdap-tests', clientName: 'ptdap tests', adapterID: 'ptdap', pathFormat: 'path', linesStartAt1: true,
      columnsStartAt1: true, supportsVariableType: true, supportsVariablePaging: true, supportsRunInTerminalRequest: false,
      locale: 'en', supportsProgressReporting: true, supportsInvalidatedEvent: true, supportsMemoryReferences: true,
      supportsArgsCanBeInterpretedByShell: true, supportsMemoryEvent: true, supportsStartDebuggingRequest: true,
      supportsANSIStyling: true, ...this.announces, ...args,
    });
    return this.capabilities;
  }

  // The exception filters that VS Code ticks by itself.
  defaultFilters() {
    return (this.capabilities.exceptionBreakpointFilters ?? []).filter((f) => f.default).map((f) => f.filter);
  }

  // initialize, launch and, once initialized, all configuration requests at the same time: what VS Code does. options.lines
  // {path: [line | breakpoint]}, functions, instructions, filters, filterOptions; all others are attributes.
  async start(command, options) {
    const { lines = {}, functions, instructions, filters, filterOptions, ...attributes } = options;
    await this.initialize();
    const answered = this.request(command, attributes);
    answered.catch(() => {});
    await Promise.race([this.waitFor('initialized'), answered.then(() => this.waitFor('initialized'))]);
    const asked = [...Object.entries(lines).map(([path, list]) => this.setBreakpoints(path, list))];
    const functionsAsked = functions && this.request('setFunctionBreakpoints', {
      breakpoints: functions.map((f) => (typeof f === 'string' ? { name: f } : f)) });
    const instructionsAsked = instructions && this.request('setInstructionBreakpoints', { breakpoints: instructions });
    const filtersAsked = this.request('setExceptionBreakpoints', {
      filters: filters ?? this.defaultFilters(), ...(filterOptions ? { filterOptions } : {}) });
    const [lineAnswers, functionAnswers] = await Promise.all([Promise.all(asked), functionsAsked, instructionsAsked, filtersAsked]);
    await this.request('configurationDone');
    await answered;
    return { lines: lineAnswers.flat(), functions: functionAnswers?.breakpoints };
  }

  launch(options) {
    return this.start('launch', options);
  }

  attach(options) {
    return this.start('attach', options);
  }

  async setBreakpoints(path, list) {
    const breakpoints = list.map((b) => (typeof b === 'number' ? { line: b } : b));
    const body = await this.request('setBreakpoints', {
      source: { name: path.split('/').pop(), path }, lines: breakpoints.map((b) => b.line), breakpoints, sourceModified: false });
    return body.breakpoints;
  }

  // --- looking around

  async threads() {
    return (await this.request('threads')).threads;
  }

  async stack(threadId, args = {}) {
    return (await this.request('stackTrace', { threadId, ...args })).stackFrames;
  }

  async top(threadId) {
    return (await this.stack(threadId, { startFrame: 0, levels: 1 }))[0];
  }

  // What expressions of a frame evaluate to, where that is not the text or pattern expected; an error begins with "!".
  async wrongValues(frameId, expressions, context) {
    const wrong = {};
    for (const [expression, expected] of Object.entries(expressions)) {
      const response = await this.tryRequest('evaluate', { expression, frameId, context });
      const text = response.success ? response.body.result : `! ${response.body.error.format}`;
      if (expected instanceof RegExp ? !expected.test(text) : text !== expected) {
        wrong[expression] = text;
      }
    }
    return wrong;
  }

  async scope(frameId, name) {
    const { scopes } = await this.request('scopes', { frameId });
    const scope = scopes.find((s) => s.name === name);
    if (!scope) {
      throw this.fail(`no scope ${name} among ${scopes.map((s) => s.name)}`);
    }
    return scope;
  }

  async children(holder, args = {}) {
    return (await this.request('variables', { variablesReference: holder.variablesReference ?? holder, ...args })).variables;
  }

  // {name: variable}
  async variables(holder) {
    return Object.fromEntries((await this.children(holder)).map((v) => [v.name, v]));
  }

  async locals(frameId) {
    return this.variables(await this.scope(frameId, 'Locals'));
  }

  async evaluate(expression, frameId, context = 'watch') {
    return this.request('evaluate', { expression, ...(frameId === undefined ? {} : { frameId }), ...(context ? { context } : {}) });
  }

  // A resume request and the stop that it leads to: [stop, top frame].
  async step(command, threadId, args = {}) {
    await this.request(command, { threadId, ...args });
    const stop = await this.stopped('step');
    return [stop, await this.top(stop.threadId)];
  }

  // --- the end

  // Ends the session in the usual way and checks everything that must hold then.
  async finish({ status = 0, isDisconnecting = true } = {}) {
    if (!this.exit && isDisconnecting) {
      if (!this.isDisconnecting) {
        await this.tryRequest('disconnect', {});
      }
      this.closeInput();
    }
    const exit = await this.ended;
    this.#rules.ended();
    if (this.#decoder.leftover.length) {
      this.#fault(`stdout ends within a message: ${JSON.stringify(this.#decoder.leftover.toString('utf8', 0, 200))}`);
    }
    if (SANITIZER.test(this.stderr)) {
      throw this.fail('a sanitizer reported');
    }
    if (IS_PEER) {
      return;
    }
    if (exit.code !== status) {
      throw this.fail(`the adapter ended with code ${exit.code}, signal ${exit.signal} instead of ${status}`);
    }
    if (this.faults.length) {
      throw this.fail(`faults in the conversation:\n  ${this.faults.slice(0, 20).join('\n  ')}`);
    }
  }

  // For tests that failed: nothing may stay behind.
  destroy() {
    if (!this.exit) {
      this.#child.kill('SIGKILL');
    }
  }
}

export function errorText(response) {
  const error = response.body?.error;
  if (!error) {
    return response.message ?? '';
  }
  return error.format.replace(/\{(\w+)\}/g, (all, name) => error.variables?.[name] ?? all);
}
