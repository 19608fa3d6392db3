// A program on the screen of a terminal, which is tmux: it is typed to, and read as a person reads it.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { DEADLINE_MS } from '../harness/deadline.mjs';

const COLUMNS = 110;
const ROWS = 40;

export class Screen {
  #tmux;
  #answers = [];       // who waits for the answers to commands, in their order
  #answer = null;      // the lines of the answer that is arriving
  #waiters = new Set();
  text = '';           // as it was last read
  stderr = '';
  hasEnded = false;

  // command: the command line of tmux, to which what it is to do is added; words: what runs in the terminal.
  constructor(command, words) {
    const [file, ...args] = [...command, '-C', '-u', '-f', '/dev/null', '-L', 'test', 'new-session', '-x', COLUMNS, '-y', ROWS, '--', ...words];
    this.#tmux = spawn(file, args.map(String), { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#tmux.stdin.on('error', () => {});
    this.#tmux.stderr.on('data', (chunk) => { this.stderr += chunk; });
    this.#answers.push(() => {});   // to new-session
    createInterface(this.#tmux.stdout).on('line', (line) => this.#line(line));
    this.ended = new Promise((resolve) => this.#tmux.on('close', resolve));
    this.ended.then(() => {
      this.hasEnded = true;
      this.#answers.splice(0).forEach((it) => it([]));
      this.#wake();
    });
    this.#do(`refresh-client -C ${COLUMNS}x${ROWS}`);
    this.#do('set-option -g destroy-unattached on');   // if we are killed
  }

  #line(line) {
    if (this.#answer && /^%(end|error) \d+ \d+ \d+$/.test(line)) {
      const lines = this.#answer;
      this.#answer = null;
      this.#answers.shift()?.(lines);
    } else if (this.#answer) {
      this.#answer.push(line);
    } else if (line.startsWith('%begin ')) {
      this.#answer = [];
    } else {
      this.#wake();   // something was written, a window came or went
    }
  }

  #wake() {
    for (const waiter of [...this.#waiters]) {
      waiter();
    }
  }

  #do(command) {
    return new Promise((resolve) => {
      if (this.hasEnded) {
        resolve([]);
        return;
      }
      this.#answers.push(resolve);
      this.#tmux.stdin.write(`${command}\n`);
    });
  }

  // Types text, to a pane if it is not the first one. Control characters are keys: \r is Enter, \x1b Escape.
  type(text, pane = 0) {
    const keys = [...Buffer.from(text)].map((byte) => byte.toString(16));
    return this.#do(`send-keys -t %${pane} -H ${keys.join(' ')}`);
  }

  async read(pane = 0) {
    return (await this.#do(`capture-pane -p -t %${pane}`)).map((line) => line.trimEnd()).join('\n');
  }

  // What the probe makes of the text of the screen, as soon as that is something.
  until(what, probe, pane = 0, deadline = DEADLINE_MS) {
    return new Promise((resolve, reject) => {
      let isReading = false;
      let isStale = true;
      const finish = (settle, value) => {
        clearTimeout(timer);
        this.#waiters.delete(look);
        settle(value);
      };
      const missing = (why) => finish(reject, new Error(`${why}: ${what}\n${this.stderr}--- screen\n${this.text}\n---`));
      const timer = setTimeout(() => missing('the screen does not show'), deadline);
      const look = async () => {
        isStale = true;
        if (isReading) {
          return;
        }
        isReading = true;
        while (isStale && this.#waiters.has(look)) {
          isStale = false;
          const text = await this.read(pane);
          if (this.hasEnded) {
            missing('the program ended instead of showing');
            return;
          }
          this.text = text;
          const found = probe(text);
          if (found) {
            finish(resolve, found);
          }
        }
        isReading = false;
      };
      this.#waiters.add(look);
      look();
    });
  }

  // Waits for text or a pattern; the match.
  shows(wanted, pane) {
    return this.until(wanted, (text) => (typeof wanted === 'string' ? text.includes(wanted) : text.match(wanted)), pane);
  }

  hides(unwanted, pane) {
    return this.until(`no ${unwanted}`, (text) => (typeof unwanted === 'string' ? !text.includes(unwanted) : !unwanted.test(text)), pane);
  }

  // Waits for the end of what runs in it.
  async ends(deadline) {
    await this.until('the end', () => false, 0, deadline).catch((error) => {
      if (!this.hasEnded) {
        throw error;
      }
    });
  }

  // Whatever still runs in it is hung up.
  async close() {
    await this.#do('kill-server');
    await this.ended;
  }
}
