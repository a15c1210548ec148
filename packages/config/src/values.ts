import { z } from 'zod';
import { parseAddress } from './parse-address.ts';
import { type BackupSchedule, backupScheduleForms, parseBackupSchedule } from './parse-backup-schedule.ts';
import { parseDuration } from './parse-duration.ts';
import { parseRate } from './parse-rate.ts';
import { parseSize } from './parse-size.ts';
import { parseTrigger, type Trigger, triggerForms } from './parse-trigger.ts';
import { parseRule } from './rules.ts';
import { scratchImageForm, scratchImageProblem } from './scratch-image.ts';

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

/** One word of a closed list; `else` is said to who writes another one. */
export function oneOf<const T extends readonly [string, ...string[]]>(
  words: T,
  options: { else?: string } = {},
): z.ZodEnum<{ [K in T[number]]: K }> {
  return allow(z.enum(words), [words.join(', '), ...(options.else === undefined ? [] : [options.else])].join('; '));
}

/** A duration such as `15m`, as milliseconds, longer than nothing unless `orZero`. */
export function duration(options: { orZero?: boolean; atMost?: string } = {}): z.ZodType<number, string> {
  const input = z.string().meta({ pattern: '^\\d+(\\.\\d+)?\\s*(ms|s|m|h|d|w)$', examples: ['15m', '90s'] });
  return parsed(input, 'a duration such as 90s or 15m (ms, s, m, h, d, w)', (given) => {
    const value = parseDuration(given);
    if (value === 0 && !options.orZero) throw new Error(`"${given}" must be longer than nothing`);
    if (options.atMost !== undefined && value > parseDuration(options.atMost))
      throw new Error(`"${given}" is longer than ${options.atMost}`);
    return value;
  });
}

/** A duration as milliseconds, or the word `after-deploy`. */
export function durationOrAfterDeploy(): z.ZodType<number | 'after-deploy', string> {
  const input = z.string().meta({ pattern: '^(\\d+(\\.\\d+)?\\s*(h|d|w)|after-deploy)$' });
  return parsed(input, 'a duration of an hour or more such as 7d (h, d, w), or after-deploy', (given) => {
    if (given.trim() === 'after-deploy') return 'after-deploy';
    const value = parseDuration(given);
    if (value < parseDuration('1h')) throw new Error(`"${given}" is shorter than an hour`);
    return value;
  });
}

/** A size such as `500MB`, as bytes. */
export function size(): z.ZodType<number, string> {
  const input = z.string().meta({ pattern: '^\\d+(\\.\\d+)?\\s*(KB|MB|GB|TB)$', examples: ['500MB', '2GB'] });
  return parsed(input, 'a size such as 500MB or 2GB (KB, MB, GB, TB)', parseSize);
}

/** A rate such as `25%`, as a share. */
export function rate(): z.ZodType<number, string> {
  const input = z.string().meta({ pattern: '^\\d+(\\.\\d+)?\\s*%?$', examples: ['25%'] });
  return parsed(input, 'a rate such as 25%', parseRate);
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

/** When backups are made by themselves, from its words. */
export function backupSchedule(): z.ZodType<BackupSchedule, string> {
  const input = z.string().meta({ examples: ['daily', 'daily at 02:00 UTC', 'weekly on Sunday at 02:00 UTC'] });
  return parsed(input, backupScheduleForms, parseBackupSchedule);
}

/** An image of a known publisher, by digest. */
export function scratchImage(): z.ZodType<string, string> {
  const input = z.string().meta({ examples: [`supabase/postgres@sha256:${'0'.repeat(64)}`] });
  return parsed(input, scratchImageForm, (given) => {
    const problem = scratchImageProblem(given);
    if (problem !== undefined) throw new Error(problem);
    return given;
  });
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

/**
 * A query that stands in one of ours, so nothing may end it. Both cases are spelled out, because a JSON schema knows no flags.
 */
export function sqlQuery(): z.ZodString {
  const allowed = 'a query without a semicolon at its end, such as SELECT id FROM tasks WHERE project_id IS NULL';
  return pattern(/^\s*([Ss][Ee][Ll][Ee][Cc][Tt]|[Ww][Ii][Tt][Hh])\s[\s\S]*[^;\s]\s*$/, allowed);
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
