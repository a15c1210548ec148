/**
 * The pairs of a GITHUB_OUTPUT, GITHUB_ENV or GITHUB_STATE file, read as actions/runner 2.336 does (FileCommandManager.cs):
 * `NAME=value` or `NAME<<DELIMITER`. Throws at the first malformed line, after the pairs before it were handed out.
 */
export function* parseEnvironmentFile(text: string): Generator<[string, string]> {
  const reader = new LineReader(text);
  for (let line = reader.next(); line !== undefined; line = reader.next()) {
    if (line.text === '') continue;
    const equals = line.text.indexOf('=');
    const heredoc = line.text.indexOf('<<');
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      yield [line.text.slice(0, equals), line.text.slice(equals + 1)];
    } else if (heredoc >= 0) {
      const name = line.text.slice(0, heredoc);
      const delimiter = line.text.slice(heredoc + 2);
      if (name === '' || delimiter === '') {
        throw new Error(`Invalid format '${line.text}'. Name must not be empty and delimiter must not be empty`);
      }
      yield [name, readHeredoc(reader, delimiter)];
    } else {
      throw new Error(`Invalid format '${line.text}'`);
    }
  }
}

function readHeredoc(reader: LineReader, delimiter: string): string {
  const lines: string[] = [];
  for (;;) {
    const line = reader.next();
    if (line === undefined) throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`);
    if (line.text === delimiter) return lines.join('\n');
    if (!line.ended) throw new Error('Invalid value. EOF marker missing new line.');
    lines.push(line.text);
  }
}

/** Lines end with LF only; a carriage return belongs to the line, as on the Linux runner. */
class LineReader {
  readonly text: string;
  #index = 0;

  constructor(text: string) {
    this.text = text;
  }

  next(): { text: string; ended: boolean } | undefined {
    if (this.#index >= this.text.length) return undefined;
    const end = this.text.indexOf('\n', this.#index);
    const line = end < 0 ? this.text.slice(this.#index) : this.text.slice(this.#index, end);
    this.#index = end < 0 ? this.text.length : end + 1;
    return { text: line, ended: end >= 0 };
  }
}
