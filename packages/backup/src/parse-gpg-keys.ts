import { BackupFailed } from './backup-error.ts';

/**
 * Public keys from the lines of an input: armored blocks (whose empty lines may be gone), or one base64 line for each key
 * (`gpg --export <id> | base64 -w0`). Pure.
 * @throws BackupFailed `bad_recipient`; a private key is never repeated.
 */
export function parseGpgKeys(lines: readonly string[]): Uint8Array[] {
  const keys: Uint8Array[] = [];
  let block: string[] | undefined;
  for (const [index, line] of lines.map((text) => text.trim()).entries()) {
    if (/PRIVATE KEY BLOCK/.test(line)) throw privateKey();
    if (line === '-----BEGIN PGP PUBLIC KEY BLOCK-----') block = [];
    else if (line === '-----END PGP PUBLIC KEY BLOCK-----') {
      keys.push(decode((block ?? []).join(''), index));
      block = undefined;
    } else if (block !== undefined) {
      // Headers (`Comment: …`) and the checksum line are no part of the key.
      if (!/^[\w-]+: |^=[A-Za-z0-9+/]{4}$/.test(line)) block.push(line);
    } else if (line !== '') keys.push(decode(line, index));
  }
  if (block !== undefined) throw unreadable('a public key block has no end line');
  return keys;
}

function decode(text: string, index: number): Uint8Array {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) {
    throw unreadable(`line ${index + 1} of the GPG recipients is no public key (given: ${text.slice(0, 12)}…)`);
  }
  const bytes = Buffer.from(text, 'base64');
  // The first packet says what it is: 6 a public key, 5 a private one (RFC 4880 §4.3).
  const [first = 0] = bytes;
  const tag = (first & 0x40) === 0 ? (first >> 2) & 0x0f : first & 0x3f;
  if (tag === 5) throw privateKey();
  if ((first & 0x80) === 0 || tag !== 6)
    throw unreadable(`the GPG recipient that ends at line ${index + 1} is damaged`);
  return bytes;
}

function unreadable(what: string): BackupFailed {
  return new BackupFailed(
    'bad_recipient',
    `${what}; expected what \`gpg --armor --export <key id>\` prints, or the base64 of \`gpg --export <key id>\` on one line`,
  );
}

function privateKey(): BackupFailed {
  return new BackupFailed(
    'bad_recipient',
    'a GPG recipient is a private key: give the public key (gpg --armor --export <key id>), and replace this key, for it has been in a place meant for public ones',
  );
}
