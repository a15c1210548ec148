/** A text that betrays a secret: the secret itself, an encoding of it, or a piece long enough to search for. */
export interface Form {
  encoding: string;
  text: string;
}

const PIECE = 12;

/** What S15 searches for: raw, base64 at each offset, hex, percent-, JSON- and HTML-encoded, and every 12-character piece. */
export function formsOf(secret: string): Form[] {
  const bytes = Buffer.from(secret);
  const each = (encode: (byte: number) => string): string => [...bytes].map(encode).join('');
  const forms: Form[] = [
    { encoding: 'raw', text: secret },
    ...[0, 1, 2].map((offset) => ({ encoding: 'base64', text: innerBase64(bytes, offset) })),
    ...[0, 1, 2].map((offset) => ({
      encoding: 'base64url',
      text: innerBase64(bytes, offset).replaceAll('+', '-').replaceAll('/', '_'),
    })),
    { encoding: 'hex', text: bytes.toString('hex') },
    { encoding: 'upper case hex', text: bytes.toString('hex').toUpperCase() },
    { encoding: 'percent', text: encodeURIComponent(secret) },
    { encoding: 'percent, every byte', text: each((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`) },
    { encoding: 'JSON', text: JSON.stringify(secret).slice(1, -1) },
    { encoding: 'JSON twice', text: JSON.stringify(JSON.stringify(secret)).slice(3, -3) },
    { encoding: 'HTML', text: secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;') },
    { encoding: 'HTML, every character', text: each((byte) => `&#${byte};`) },
    ...Array.from({ length: Math.max(0, secret.length - PIECE + 1) }, (_, start) => ({
      encoding: `piece at ${start}`,
      text: secret.slice(start, start + PIECE),
    })),
  ];
  return forms.filter(({ text }) => text.length >= PIECE);
}

/** Where secrets show in a text: `name (encoding)`, at most the first form of each secret. */
export function betrayals(text: string, secrets: Record<string, string>): string[] {
  return Object.entries(secrets).flatMap(([name, secret]) => {
    const form = formsOf(secret).find((one) => text.includes(one.text));
    if (form === undefined) return [];
    const at = text.indexOf(form.text);
    // The surroundings help to find the place; the secret itself is a throw-away canary.
    return [`${name} (${form.encoding}): …${text.slice(Math.max(0, at - 80), at + 40)}…`];
  });
}

/** The base64 digits that a secret gives inside a longer text, whatever stands before and after it. */
function innerBase64(bytes: Buffer, offset: number): string {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  // The first digits mix with what stands before, the last with what stands after.
  return whole.slice(offset === 0 ? 0 : offset + 1, -1);
}
