import { StringDecoder } from 'node:string_decoder';

// A program that writes without line ends must not make us hold everything as one line.
const LONGEST_LINE = 64 * 1024;

/** Keeps the last `maxBytes` of an output and hands out whole lines as they come. */
export class OutputTail {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #cut = false;
  #line = '';
  readonly #decoder = new StringDecoder('utf8');
  readonly #maxBytes: number;
  readonly #onLine: ((line: string) => void) | undefined;

  constructor(maxBytes: number, onLine?: (line: string) => void) {
    this.#maxBytes = maxBytes;
    this.#onLine = onLine;
  }

  /** Takes the next piece of output. */
  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    for (let first = this.#chunks[0]; first && this.#bytes - first.length >= this.#maxBytes; first = this.#chunks[0]) {
      this.#chunks.shift();
      this.#bytes -= first.length;
      this.#cut = true;
    }
    if (this.#onLine) this.#addLines(this.#decoder.write(chunk));
  }

  /** Hands out the last line when it has no line end. */
  end(): void {
    if (this.#onLine && this.#line !== '') this.#onLine(this.#line);
    this.#line = '';
  }

  /** The kept output; starts with `…` when earlier output was dropped. */
  text(): string {
    const kept = Buffer.concat(this.#chunks);
    if (!this.#cut && kept.length <= this.#maxBytes) return kept.toString('utf8');
    // The first character may have been cut in half.
    return `…${kept
      .subarray(-this.#maxBytes)
      .toString('utf8')
      .replace(/^\ufffd+/, '')}`;
  }

  #addLines(text: string): void {
    const lines = (this.#line + text).split(/\r?\n/);
    this.#line = lines.pop() ?? '';
    for (const line of lines) this.#onLine?.(line);
    if (this.#line.length > LONGEST_LINE) this.end();
  }
}
