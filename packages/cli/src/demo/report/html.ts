/** Markup that was built by `html` and is therefore safe to insert as it is. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

type Insertable = Html | string | number | readonly Html[];

/** The one escaper of the report (S14): every inserted text is escaped, only `Html` passes as it is. */
export function html(parts: TemplateStringsArray, ...values: Insertable[]): Html {
  const pieces = parts.map((part, index) => part + (index < values.length ? inserted(values[index] ?? '') : ''));
  return new Html(pieces.join(''));
}

function inserted(value: Insertable): string {
  if (value instanceof Html) return value.markup;
  if (typeof value === 'object') return value.map((item) => item.markup).join('');
  return escapeHtml(String(value));
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Escapes text for element content and quoted attributes; control and direction characters become visible. */
export function escapeHtml(text: string): string {
  return (
    text
      .replace(/[&<>"']/g, (character) => entities[character] ?? character)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these must not reach the page
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '�')
  );
}
