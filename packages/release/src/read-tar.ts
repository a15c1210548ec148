const block = 512;

/** What was read is no tar, or ends in the middle. */
export class BadArchive extends Error {
  override readonly name = 'BadArchive';
}

export interface TarFile {
  path: string;
  text: string;
}

/**
 * Text files of a tar as `git archive` and GitHub write it (ustar with pax headers), one by one in constant memory; files that `wanted`
 * refuses are passed over unread. Bytes that are no UTF-8 become replacement characters; a file with a zero byte is left out.
 * @throws BadArchive
 */
export async function* readTar(
  chunks: AsyncIterable<Uint8Array>,
  wanted: (path: string, bytes: number) => boolean,
): AsyncGenerator<TarFile> {
  const source = takeFrom(chunks);
  let longPath: string | undefined;
  for (;;) {
    const header = await source.take(block);
    if (header === undefined) throw new BadArchive('the archive ends without its last block');
    if (header.every((byte) => byte === 0)) return;
    const size = octal(header, 124, 12);
    const type = String.fromCharCode(header[156] ?? 0);
    const padded = Math.ceil(size / block) * block;
    const prefix = textIn(header, 345, 155);
    const name = textIn(header, 0, 100);
    const path = longPath ?? (prefix === '' ? name : `${prefix}/${name}`);
    const file = type === '0' || type === '\0';
    const special = type === 'x' || type === 'L';
    const keep = special ? size <= 64 * 1024 : file && wanted(path, size);
    const body = keep ? await source.take(padded) : await source.skip(padded);
    if (body === undefined) throw new BadArchive('the archive ends inside a file');
    if (type === 'g') continue;
    longPath = special && keep ? pathFrom(type, body.subarray(0, size)) : undefined;
    if (!file || !keep) continue;
    const content = body.subarray(0, size);
    if (!content.includes(0)) yield { path, text: Buffer.from(content).toString('utf8') };
  }
}

/** Bytes in the order of the stream; undefined where it ends before. */
function takeFrom(chunks: AsyncIterable<Uint8Array>) {
  const pieces = chunks[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();
  async function read(count: number, keep: boolean): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    let missing = count;
    while (missing > 0) {
      if (rest.length === 0) {
        const next = await pieces.next();
        if (next.done === true) return undefined;
        rest = next.value;
        continue;
      }
      const part = rest.subarray(0, missing);
      if (keep) parts.push(part);
      rest = rest.subarray(part.length);
      missing -= part.length;
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }
  return {
    take: (count: number) => read(count, true),
    skip: (count: number) => read(count, false),
  };
}

function textIn(bytes: Uint8Array, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return Buffer.from(end === -1 ? field : field.subarray(0, end)).toString('utf8');
}

function octal(bytes: Uint8Array, start: number, length: number): number {
  const text = textIn(bytes, start, length).trim();
  if (!/^[0-7]*$/.test(text)) throw new BadArchive('what was read is no tar archive');
  return text === '' ? 0 : Number.parseInt(text, 8);
}

/** `<length> path=<name>\n` of a pax header, or the name of a GNU one. */
function pathFrom(type: string, body: Uint8Array): string | undefined {
  const text = Buffer.from(body).toString('utf8');
  if (type === 'L') return text.replace(/\0+$/, '');
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text)?.[1];
}
