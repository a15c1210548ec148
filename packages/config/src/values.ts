import { z } from 'zod';
import { parseAddress } from './parse-address.ts';
import { parseDuration } from './parse-duration.ts';
import { parseSize } from './parse-size.ts';
import { parseTrigger, type Trigger, triggerForms } from './parse-trigger.ts';
import { parseRule } from './rules.ts';

/** What a value may be, in the words of an error message; kept apart from the schema because editors must not see it twice. */
export const allowedValues = z.registry<{ allowed: string }>();

function allow<S extends z.ZodType>(schema: S, allowed: string): S {
  allowedValues.add(schema, { allowed });
  return schema;
}

/** Turns a parse function that throws into a schema; the thrown message is the problem that people read. */
function parsed<T>(input: z.ZodString, allowed: string, parse: (text: string) => T): z.ZodType<T, string> {
  const schema = input.transform((text, context) => {
    try {
      return parse(text);
    } catch (error) {
      context.issues.push({ code: 'custom', message: (error as Error).message, input: text });
      return z.NEVER;
    }
  });
  return allow(schema, allowed);
}

/** One line of text. */
export function text(allowed = 'a line of text'): z.ZodString {
  return allow(z.string().trim().min(1).max(1000), allowed);
}

/** Text of a closed form, e.g. an environment name. */
export function pattern(form: RegExp, allowed: string): z.ZodString {
  return allow(z.string().regex(form), allowed);
}

/** One word of a closed list. */
export function oneOf<const T extends readonly [string, ...string[]]>(words: T): z.ZodEnum<{ [K in T[number]]: K }> {
  return allow(z.enum(words), words.join(', '));
}

/** A duration such as `15m`, as milliseconds, longer than nothing unless `orZero`. */
export function duration(options: { orZero?: boolean } = {}): z.ZodType<number, string> {
  const input = z.string().meta({ pattern: '^\\d+(\\.\\d+)?\\s*(ms|s|m|h|d|w)$', examples: ['15m', '90s'] });
  return parsed(input, 'a duration such as 90s or 15m (ms, s, m, h, d, w)', (given) => {
    const value = parseDuration(given);
    if (value === 0 && !options.orZero) throw new Error(`"${given}" must be longer than nothing`);
    return value;
  });
}

/** A size such as `500MB`, as bytes. */
export function size(): z.ZodType<number, string> {
  const input = z.string().meta({ pattern: '^\\d+(\\.\\d+)?\\s*(KB|MB|GB|TB)$', examples: ['500MB', '2GB'] });
  return parsed(input, 'a size such as 500MB or 2GB (KB, MB, GB, TB)', parseSize);
}

/** A whole number within limits. */
export function integer(min: number, max: number): z.ZodNumber {
  return allow(z.int().min(min).max(max), `a whole number from ${min} to ${max}`);
}

/** true or false. */
export function flag(): z.ZodBoolean {
  return allow(z.boolean(), 'true or false');
}

/** One value or a list of them; the output is always a list. */
export function oneOrMore<S extends z.ZodType>(item: S) {
  return z.union([item, z.array(item)]).transform((given): z.output<S>[] => (Array.isArray(given) ? given : [given]));
}

/** A map whose keys are the user's own names. */
export function named<S extends z.ZodType>(value: S) {
  return z.record(pattern(/^[A-Za-z0-9_*/][\w .*/-]*$/, 'a name of letters, digits, - and _'), value);
}

/** An https address; http only for loopback hosts (sandboxes). Without trailing slash. */
export function address(): z.ZodType<string, string> {
  const input = z.string().meta({ format: 'uri', examples: ['https://app.example.com'] });
  return parsed(input, 'an address such as https://app.example.com', parseAddress);
}

/** When a workflow starts, from its words. */
export function trigger(): z.ZodType<Trigger, string> {
  const input = z.string().meta({ examples: ['push to main', 'tag v*', 'after staging', 'manual'] });
  return parsed(input, triggerForms, parseTrigger);
}

/** A path inside the repository, with `/`, without leading `./` and trailing `/`. */
export function repositoryPath(): z.ZodType<string, string> {
  return parsed(z.string().min(1), 'a path inside the repository such as supabase/migrations', (given) => {
    const path = given.trim().replaceAll('\\', '/').replace(/^\.\//, '').replace(/\/+$/, '');
    if (path.startsWith('/') || path.split('/').includes('..'))
      throw new Error('must be a path inside the repository, without ".."');
    return path === '' ? '.' : path;
  });
}

/** A rule of the watch; kept as text after it was proven readable. */
export function watchRule(): z.ZodType<string, string> {
  const input = z.string().meta({ examples: ['error-rate above 2% within 15m', 'error-rate above 10%: immediately'] });
  return parsed(input, 'a rule such as "error-rate above 2% within 15m"', (given) => parseRule(given).text);
}

/** Text with `{placeholders}` of a closed list. */
export function template(placeholders: readonly string[]): z.ZodType<string, string> {
  const names = placeholders.map((name) => `{${name}}`).join(' and ');
  return parsed(z.string().trim().min(1).max(2000), `text in which ${names} are replaced`, (given) => {
    for (const [, name = ''] of given.matchAll(/(?<!\$)\{([a-z][a-z-]*)\}/g)) {
      if (!placeholders.includes(name)) throw new Error(`{${name}} is not replaced here; known: ${names}`);
    }
    return given;
  });
}
