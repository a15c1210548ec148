/** Replaces secrets, also in the encodings that actions/runner knows (HostContext.cs), by `***`. */
export class SecretMasker {
  #values = new Set<string>();
  #pattern: RegExp | undefined;

  /** Adds a value and each of its lines: output arrives line by line. Blank values are ignored. */
  add(secret: string): void {
    for (const value of [secret, ...secret.split(/[\r\n]+/)]) {
      if (value.trim() === '') continue;
      for (const form of encodedForms(value)) this.#values.add(form);
    }
    this.#pattern = undefined;
  }

  mask(text: string): string {
    if (this.#values.size === 0) return text;
    this.#pattern ??= new RegExp(longestFirst(this.#values).map(escapePattern).join('|'), 'g');
    return text.replace(this.#pattern, '***');
  }

  hides(text: string): boolean {
    return this.mask(text) !== text;
  }
}

const longestFirst = (values: Set<string>): string[] => [...values].sort((left, right) => right.length - left.length);

const escapePattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

function encodedForms(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  const forms = [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    value.replaceAll("'", "''"),
    value.replaceAll('"', '\\"'),
    value
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&apos;'),
    // A secret inside a longer encoded text starts at one of three offsets.
    ...[0, 1, 2].map((shift) =>
      bytes
        .subarray(shift)
        .subarray(0, Math.floor((bytes.length - shift) / 3) * 3)
        .toString('base64'),
    ),
    bytes.toString('base64'),
  ];
  if (value.length > 8 && value.startsWith('"') && value.endsWith('"')) forms.push(value.slice(1, -1));
  // Short fragments of an encoding would blacken ordinary text.
  return forms.filter((form, index) => index === 0 || form.length >= 6);
}
