const SHORTEST = 4;

/**
 * Takes secrets out of a text, also in the encodings in which tools print them. The runner masks logs and summaries, but neither
 * JUnit files nor what is sent to Slack and GitHub, and it drops job outputs that hold a masked value (S15). An empty or very
 * short secret hides nothing: it would stand in every line.
 */
export function hideSecrets(secrets: readonly string[]): (text: string) => string {
  const forms = secrets
    .filter((secret) => secret.length >= SHORTEST)
    .flatMap(formsOf)
    // The longest first: a shorter one may be part of it.
    .toSorted((a, b) => b.length - a.length);
  return (text) => forms.reduce((rest, form) => rest.replaceAll(form, '***'), text);
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const inner = [0, 1, 2].map((offset) => innerBase64(bytes, offset)).filter((form) => form.length >= SHORTEST * 2);
  const base64 = [bytes.toString('base64').replace(/=+$/, ''), ...inner];
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    hex,
    hex.toUpperCase(),
    ...base64,
    ...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_')),
  ];
}

/** The base64 digits that a secret gives inside a longer text, e.g. behind `user:`, whatever stands before and after it. */
function innerBase64(bytes: Buffer, offset: number): string {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  // The first digits mix with what stands before, the last with what stands after.
  return whole.slice(offset === 0 ? 0 : offset + 1, -1);
}
