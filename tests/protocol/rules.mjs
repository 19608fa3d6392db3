// What holds for every conversation, whatever it is about: order, references, one `stopped` a stop. The types are schema.mjs's matter.

const RESUMING = new Set(['continue', 'next', 'stepIn', 'stepOut', 'ptdap/stepSyscall']);
const REFERENCE_MAX = 2 ** 31;
const FRACTIONS = new Set(['percentage', 'time']);   // all other numbers are integers
const REFERENCES = new Set(['variablesReference', 'sourceReference', 'namedVariables', 'indexedVariables', 'valueLocationReference',
  'declarationLocationReference']);
const ADDRESSES = new Set(['memoryReference', 'instructionPointerReference', 'address', 'instructionReference']);

export class Rules {
  #seq = 0;
  #requests = new Map();
  #isInitialized = false;
  #isInitializeAnswered = false;
  #isTerminated = false;
  #isDisconnected = false;
  #exits = 0;
  #state = 'none';
  #breakpoints = new Set();
  #liveThreads = new Set();
  #deadThreads = new Set();

  faults = [];

  #fault(text) {
    this.faults.push(text);
  }

  sent(message) {
    this.#requests.set(message.seq, { command: message.command, state: this.#state, args: message.arguments });
  }

  commandOf(message) {
    return this.#requests.get(message.request_seq)?.command;
  }

  received(message) {
    if (!(Number.isInteger(message.seq) && message.seq > this.#seq)) {
      this.#fault(`seq ${message.seq} after ${this.#seq}`);
    }
    this.#seq = message.seq;
    this.#walk(message.body, '');
    if (message.type === 'response') {
      this.#response(message);
    } else if (message.type === 'event') {
      this.#event(message);
    }
  }

  #response(message) {
    const request = this.#requests.get(message.request_seq);
    if (!request) {
      this.#fault(`a response to request ${message.request_seq}, which was never sent or was answered before`);
      return;
    }
    this.#requests.delete(message.request_seq);
    if (request.command !== message.command) {
      this.#fault(`the response to ${request.command} says ${message.command}`);
    }
    if (!message.success) {
      if (!message.message && !message.body?.error?.format) {
        this.#fault(`${message.command} failed without saying why`);
      }
      return;
    }
    // That a request of ours resumes no client knows: `continued` must tell.
    if (RESUMING.has(message.command) && !message.command.startsWith('ptdap/')) {
      this.#state = 'running';
    }
    const body = message.body;
    switch (message.command) {
      case 'initialize': this.#isInitializeAnswered = true; break;
      case 'disconnect': this.#isDisconnected = true; break;
      case 'restart': this.#state = this.#state === 'stopped' ? 'restarting' : 'running'; break;   // `continued` may come: Helix waits for it
      case 'setBreakpoints':
      case 'setFunctionBreakpoints':
      case 'setInstructionBreakpoints':
        this.#breakpointsAnswered(message.command, request.args, body);
        break;
      case 'variables': this.#variablesAnswered(body); break;
      case 'stackTrace': this.#stackAnswered(body); break;
      case 'disassemble': this.#disassemblyAnswered(request.args, body); break;
    }
  }

  #breakpointsAnswered(command, args, body) {
    const asked = args?.breakpoints?.length ?? args?.lines?.length ?? 0;
    if (body.breakpoints.length !== asked) {
      this.#fault(`${command}: ${body.breakpoints.length} breakpoints for ${asked}`);
    }
    for (const breakpoint of body.breakpoints) {
      if (!breakpoint.verified && !breakpoint.message) {
        this.#fault(`${command}: not verified without a message`);
      }
      if (breakpoint.id !== undefined) {
        this.#breakpoints.add(breakpoint.id);
      }
    }
  }

  // Clients identify children by name.
  #variablesAnswered(body) {
    const names = body.variables.map((v) => v.name);
    const twice = names.filter((name, i) => names.indexOf(name) !== i);
    if (names.length <= 1000 && twice.length) {
      this.#fault(`variables: names that occur twice: ${twice.slice(0, 5)}`);
    }
  }

  #stackAnswered(body) {
    const ids = body.stackFrames.map((f) => f.id);
    if (new Set(ids).size !== ids.length) {
      this.#fault('stackTrace: two frames with the same id');
    }
    for (const frame of body.stackFrames) {
      if (!(frame.id >= 1 && frame.id < REFERENCE_MAX)) {
        this.#fault(`stackTrace: frame id ${frame.id}`);
      }
      if (frame.source && !frame.source.path && !frame.source.sourceReference && frame.line !== 0) {
        this.#fault('stackTrace: a source without path or reference');
      }
    }
  }

  #disassemblyAnswered(args, body) {
    const rows = body.instructions;
    if (rows.length !== args.instructionCount) {
      this.#fault(`disassemble: ${rows.length} rows for ${args.instructionCount}`);
    }
    const addresses = rows.map((row) => BigInt(row.address));
    if (addresses.some((address, i) => i > 0 && address <= addresses[i - 1])) {
      this.#fault('disassemble: addresses that do not rise');
    }
  }

  #event(message) {
    const body = message.body ?? {};
    if (this.#isTerminated) {
      this.#fault(`event ${message.event} after terminated`);
    }
    if (this.#isDisconnected && !['exited', 'terminated', 'output', 'thread'].includes(message.event)) {
      this.#fault(`event ${message.event} after the response to disconnect`);
    }
    switch (message.event) {
      case 'initialized':
        if (!this.#isInitializeAnswered) {
          this.#fault('initialized before the response to initialize');
        }
        if (this.#isInitialized) {
          this.#fault('initialized twice');
        }
        this.#isInitialized = true;
        break;
      case 'stopped': this.#stopped(body); break;
      case 'continued':
        if (this.#state === 'running') {
          this.#fault('continued while the client already knows that it runs');
        }
        this.#state = 'running';
        break;
      case 'thread': this.#thread(body); break;
      case 'breakpoint':
        if (body.reason === 'changed' && !this.#breakpoints.has(body.breakpoint.id)) {
          this.#fault(`breakpoint event for id ${body.breakpoint.id}, which no response told`);
        }
        break;
      case 'exited':
        if (this.#exits++ > 0) {
          this.#fault('exited twice');
        }
        break;
      case 'terminated': this.#isTerminated = true; break;
    }
  }

  #stopped(body) {
    if (this.#state === 'stopped') {
      this.#fault(`stopped (${body.reason}) while stopped`);
    }
    for (const request of this.#requests.values()) {
      if (RESUMING.has(request.command) && request.state === 'stopped') {
        this.#fault(`stopped (${body.reason}) before the response to ${request.command}`);
      }
    }
    if (this.#exits > 0) {
      this.#fault('stopped after exited');
    }
    if (body.threadId !== undefined && this.#deadThreads.has(body.threadId)) {
      this.#fault(`stopped for thread ${body.threadId}, which has exited`);
    }
    this.#state = 'stopped';
  }

  #thread(body) {
    if (body.reason === 'started') {
      if (this.#liveThreads.has(body.threadId)) {
        this.#fault(`thread ${body.threadId} started twice`);
      }
      this.#liveThreads.add(body.threadId);
      this.#deadThreads.delete(body.threadId);
    } else if (body.reason === 'exited') {
      if (this.#deadThreads.has(body.threadId)) {
        this.#fault(`thread ${body.threadId} exited twice`);
      }
      this.#liveThreads.delete(body.threadId);
      this.#deadThreads.add(body.threadId);
    }
  }

  #walk(value, key) {
    if (Array.isArray(value)) {
      value.forEach((item) => this.#walk(item, key));
    } else if (value && typeof value === 'object') {
      for (const [name, item] of Object.entries(value)) {
        this.#walk(item, name);
      }
    } else if (typeof value === 'number') {
      if (!Number.isInteger(value) && !FRACTIONS.has(key)) {
        this.#fault(`${key}: ${value} is not an integer`);
      }
      if (REFERENCES.has(key) && !(value >= 0 && value < REFERENCE_MAX)) {
        this.#fault(`${key}: ${value} is out of range`);
      }
    } else if (typeof value === 'string' && ADDRESSES.has(key) && !/^0x(0|[1-9a-f][0-9a-f]*)$/.test(value)) {
      this.#fault(`${key}: ${JSON.stringify(value)} is not a canonical address`);
    }
  }

  // At the end of a session: what is still owed.
  ended() {
    for (const request of this.#requests.values()) {
      if (request.command !== 'disconnect') {
        this.#fault(`${request.command} was never answered`);
      }
    }
  }
}
