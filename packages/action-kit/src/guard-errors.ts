import { harmlessText } from './workflow-command.ts';

/**
 * What Node (NODE_DEBUG) and libraries (DEBUG) write to standard error comes from people who look for a fault, with headers,
 * addresses and bodies as they are. The runner reads commands there, too, and masks whole values only: every line is made
 * harmless (S14), and secrets are taken out (S15). `hide` is called with the secrets as they become known.
 */
export function guardErrors(stream: Pick<NodeJS.WriteStream, 'write'>): { hide(secret: string): void } {
  const forms = new Set<string>();
  const write = stream.write.bind(stream) as (chunk: string, ...rest: unknown[]) => boolean;
  const clean = (chunk: unknown): string => {
    let text = typeof chunk === 'string' ? chunk : Buffer.from(chunk as Uint8Array).toString('utf8');
    // The longest first: a shorter one may be part of it.
    for (const form of [...forms].toSorted((a, b) => b.length - a.length)) text = text.replaceAll(form, '***');
    return harmlessText(text);
  };
  stream.write = ((chunk: unknown, ...rest: unknown[]) => write(clean(chunk), ...rest)) as typeof stream.write;
  return {
    hide(secret) {
      // An empty one stands between any two characters (S15).
      if (secret === '') return;
      for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) forms.add(form);
    },
  };
}
