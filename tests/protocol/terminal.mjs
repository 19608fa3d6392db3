// A client that runs programs in real terminals: what runInTerminal asks for is done in a pseudo terminal (terminal.py), directly or, as
// VS Code does, typed into a shell.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { session } from './session.mjs';

const HARNESS = path.join(path.dirname(fileURLToPath(import.meta.url)), 'terminal.py');
const DEADLINE_MS = Number(process.env.PTDAP_DEADLINE_MS ?? 30000);
export const PROMPT = '@shell@ ';
export const SHELL = ['env', `PS1=${PROMPT}`, 'HISTFILE=', 'bash', '--norc', '--noprofile', '-i'];

export class Terminal {
  #child;
  #waiters = new Set();
  #looked = 0;
  text = '';
  exit = null;   // {code, signal} of what was started in it

  constructor(command, { cwd, env = {}, rows = 24, columns = 80, mark = '' } = {}) {
    this.#child = spawn('python3', [HARNESS, String(rows), String(columns), ...command], {
      cwd, stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, TERM: 'dumb', ...env, MARK_OF_THE_TEST: mark },
    });
    this.#child.stdin.on('error', () => {});
    let rest = '';
    this.#child.stdout.setEncoding('utf8').on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop();
      for (const line of lines) {
        this.#said(JSON.parse(line));
      }
    });
    this.ended = new Promise((resolve) => this.#child.on('close', resolve));
    this.ended.then(() => this.#wake());
  }

  #said({ text, exit }) {
    this.text += text ?? '';
    if (exit !== undefined) {
      this.exit = { code: (exit >> 8) & 0xff, signal: exit & 0x7f };
    }
    this.#wake();
  }

  #wake() {
    for (const waiter of [...this.#waiters]) {
      waiter();
    }
  }

  #order(order) {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
  }

  type(text) {
    this.#order({ type: text });
  }

  resize(rows, columns) {
    this.#order({ resize: [rows, columns] });
  }

  hangup() {
    this.#order({ hangup: true });
  }

  // Waits for text (or a pattern) behind what was waited for before; the match.
  shows(wanted) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => finish(reject, new Error(`the terminal does not show ${wanted} but ${JSON.stringify(this.text)}`)), DEADLINE_MS);
      const finish = (settle, value) => {
        clearTimeout(timer);
        this.#waiters.delete(look);
        settle(value);
      };
      const look = () => {
        const text = this.text.slice(this.#looked);
        const found = typeof wanted === 'string' ? (text.includes(wanted) ? { index: text.indexOf(wanted), 0: wanted } : null) : text.match(wanted);
        if (found) {
          this.#looked += found.index + found[0].length;
          finish(resolve, found);
        } else if (this.exit) {
          finish(reject, new Error(`the terminal ended without ${wanted}: ${JSON.stringify(this.text)}`));
        }
      };
      this.#waiters.add(look);
      look();
    });
  }

  // Of a shell: what the command writes, up to the next prompt.
  async run(command) {
    this.type(`${command}\n`);
    const [text] = await this.shows(new RegExp(`[^]*?\\n${PROMPT}`));
    return text.slice(text.indexOf('\n') + 1, -PROMPT.length).replaceAll('\r', '');
  }

  async close() {
    if (!this.exit) {
      this.hangup();
    }
    this.#child.stdin.end();
    await this.ended;
  }
}

const quoted = (words) => words.map((word) => `'${word}'`).join(' ');

// What a client does when it is asked for a terminal.
export const directly = (dap, args, options) => new Terminal(args.args, { cwd: args.cwd, mark: dap.mark, ...options });

export function inShell(dap, args, options) {
  const terminal = new Terminal(SHELL, { mark: dap.mark, ...options });
  terminal.shows(PROMPT).then(() => terminal.type(`cd '${args.cwd}' && ${quoted(args.args)}\n`), () => {});
  return terminal;
}

// A test whose client can run programs in terminals, and does so with `open`. dap.terminal: the last one; dap.asked: the arguments of all
// requests. options.answer: what is answered instead, or null: nothing.
export function terminalSession(name, run, { open = directly, answer, terminal = {}, ...options } = {}) {
  session(name, async (dap) => {
    const terminals = [];
    dap.asked = [];
    dap.announces = { supportsRunInTerminalRequest: true };
    dap.onReverseRequest = (message) => {
      dap.asked.push(message.arguments);
      if (open) {
        dap.terminal = open(dap, message.arguments, terminal);
        terminals.push(dap.terminal);
      }
      if (answer !== null) {
        dap.answer(message, answer ?? { success: true, body: {} });
      }
    };
    try {
      await run(dap);
      if (!dap.exit && !dap.isDisconnecting && options.end !== null) {
        await dap.tryRequest('disconnect', {});
      }
    } catch (error) {
      dap.destroy();   // a program that it holds would not end by the hangup below
      throw Object.assign(error, { message: `${error.message}\n--- terminal\n${dap.terminal?.text}` });
    } finally {
      await Promise.all(terminals.map((it) => it.close()));
    }
  }, options);
}
