import { createHash } from 'node:crypto';

const publicKeyTag = 6;

/**
 * Fingerprints of the primary keys in an armored OpenPGP file, upper case; subkeys are bound to them by signature.
 * @throws Error where the text is no such file or holds a key that is not of version 4 (RFC 4880, 12.2).
 */
export function primaryKeyFingerprints(armored: string): string[] {
  const blocks = [...armored.matchAll(/-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n([\s\S]*?)-----END PGP/g)];
  if (blocks.length === 0) throw new Error('it is no armored OpenPGP key');
  return blocks.flatMap(([, block = '']) => fingerprints(decode(block)));
}

/** Headers end at the empty line; the checksum line starts with =. */
function decode(block: string): Buffer {
  const lines = block.split(/\r?\n/);
  const body = lines.slice(lines.indexOf('') + 1).filter((line) => !line.startsWith('='));
  return Buffer.from(body.join(''), 'base64');
}

function fingerprints(data: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at < data.length; ) {
    const packet = readPacket(data, at);
    at = packet.end;
    if (packet.tag !== publicKeyTag) continue;
    if (packet.body[0] !== 4) throw new Error(`it holds a key of version ${packet.body[0]}`);
    const size = Buffer.from([0x99, packet.body.length >> 8, packet.body.length & 0xff]);
    found.push(createHash('sha1').update(size).update(packet.body).digest('hex').toUpperCase());
  }
  return found;
}

/** One packet of either header form (RFC 4880, 4.2); lengths that key files do not use are refused. */
function readPacket(data: Buffer, at: number): { tag: number; body: Buffer; end: number } {
  const head = data[at] ?? 0;
  if ((head & 0x80) === 0) throw new Error('it is cut off or no OpenPGP file');
  const isNew = (head & 0x40) !== 0;
  const tag = isNew ? head & 0x3f : (head >> 2) & 0x0f;
  const { length, start } = isNew ? newLength(data, at + 1) : oldLength(data, at + 1, head & 0x03);
  const end = start + length;
  if (end > data.length) throw new Error('it is cut off');
  return { tag, body: data.subarray(start, end), end };
}

function oldLength(data: Buffer, at: number, kind: number): { length: number; start: number } {
  if (kind === 3) throw new Error('it has a packet without length');
  const bytes = 1 << kind;
  return { length: data.readUIntBE(at, bytes), start: at + bytes };
}

function newLength(data: Buffer, at: number): { length: number; start: number } {
  const first = data.readUInt8(at);
  if (first < 192) return { length: first, start: at + 1 };
  if (first < 224) return { length: ((first - 192) << 8) + data.readUInt8(at + 1) + 192, start: at + 2 };
  if (first === 255) return { length: data.readUInt32BE(at + 1), start: at + 5 };
  throw new Error('it has a packet in parts');
}
