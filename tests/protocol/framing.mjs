// Content-Length framing. Strict in what it takes: stdout of an adapter holds framed messages and nothing else.

export function encode(message) {
  const body = Buffer.from(JSON.stringify(message));
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
}

export class Decoder {
  #buffer = Buffer.alloc(0);
  #chunks = [];
  #pending = 0;
  #needed = 0;

  // Calls onMessage for each whole message, throws on anything that is not one.
  push(chunk, onMessage) {
    this.#chunks.push(chunk);
    this.#pending += chunk.length;
    if (this.#pending + this.#buffer.length < this.#needed) {
      return;
    }
    let buffer = Buffer.concat([this.#buffer, ...this.#chunks]);
    this.#chunks = [];
    this.#pending = 0;
    for (;;) {
      const end = buffer.indexOf('\r\n\r\n');
      if (end < 0) {
        if (buffer.length > 0 && !'Content-Length: '.startsWith(buffer.toString('latin1', 0, 16).slice(0, buffer.length))
            && !/^Content-Length: \d*\r?\n?\r?$/.test(buffer.toString('latin1', 0, 64))) {
          throw new Error(`not a message on stdout: ${JSON.stringify(buffer.toString('utf8', 0, 200))}`);
        }
        this.#needed = 0;
        break;
      }
      const header = buffer.toString('latin1', 0, end);
      const match = /^Content-Length: (\d+)$/.exec(header);
      if (!match) {
        throw new Error(`bad header on stdout: ${JSON.stringify(header.slice(0, 200))}`);
      }
      const total = end + 4 + Number(match[1]);
      if (buffer.length < total) {
        this.#needed = total;
        break;
      }
      const text = new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(end + 4, total));
      buffer = buffer.subarray(total);
      onMessage(JSON.parse(text));
    }
    this.#buffer = buffer;
  }

  // Bytes of a message that never became whole.
  get leftover() {
    return Buffer.concat([this.#buffer, ...this.#chunks]);
  }
}
