import { isProduction } from '#config/trust-limits';
import { cleanText } from '#http/text';
import { type InstalledFrom, installedFrom } from './installed-from.ts';

/** Where this library is published until a fork or `render --repository` says otherwise; the docs use the same placeholder. */
export const placeholder = 'org/ops-actions';

/** What tells which published commit is running. */
export interface Origin {
  /** File that Node was started with. */
  script: string;
  /** GITHUB_ACTION_REPOSITORY and GITHUB_ACTION_REF, which can be empty or another action's inside composites. */
  repository: string | undefined;
  ref: string | undefined;
  /** Of a copy that npm installed, which also runs actions on a laptop. */
  installed?: InstalledFrom | undefined;
}

/** The runner unpacks an action below `_actions/<owner>/<name>/<ref>/`; that cannot be another action's. */
const unpacked = /[\\/]_actions[\\/]([\w.-]+)[\\/]([\w.-]+)[\\/](.+)[\\/]actions[\\/][\w-]+[\\/]dist[\\/][\w.-]+$/;
const repositoryForm = /^[\w.-]+\/[\w.-]+$/;
/** A ref that a shell takes as it is. */
const refForm = /^[\w./-]+$/;
/** The command line of this library; its local runner gives actions the ref `local`. */
const ownCommand = /[\\/]bin[\\/]ops-actions(\.js)?$/;
const belowModules = /[\\/]node_modules[\\/]/;

/**
 * How a person starts this very version from a machine on whose PATH it is not (S18): `npx github:org/ops-actions#<ref>`.
 * Pure.
 */
export function invocationOf({ script, repository, ref, installed }: Origin): string {
  const [, owner, name, folder = ''] = unpacked.exec(script) ?? [];
  if (owner === undefined && installed !== undefined) return `npx github:${installed.repository}#${installed.ref}`;
  const found =
    owner !== undefined && name !== undefined
      ? { repository: `${owner}/${name}`, ref: folder.replaceAll('\\', '/') }
      : { repository: repository ?? '', ref: ref ?? '' };
  const own = owner === undefined && (ref === 'local' || ownCommand.test(script));
  // The bare name is a stranger's on npm: it starts this version only in a checkout.
  if (own) return belowModules.test(script) ? `npx github:${placeholder}` : 'npx ops-actions';
  if (!repositoryForm.test(found.repository)) return `npx github:${placeholder}`;
  return refForm.test(found.ref) ? `npx github:${found.repository}#${found.ref}` : `npx github:${found.repository}`;
}

const { GITHUB_ACTION_REPOSITORY: repository, GITHUB_ACTION_REF: ref } = process.env;
/** The same for the whole life of a process. */
const script = process.argv[1] ?? '';
const invocation = invocationOf({ script, repository, ref, installed: installedFrom(script) });

/** The only maker of command lines for people: `npx github:org/ops-actions#<ref> init`. True stands for an option without a value. */
export function commandLine(command: string, options: Readonly<Record<string, string | true>> = {}): string {
  const words = Object.entries(options).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, shellWord(value)],
  );
  return [invocation, command, ...words].join(' ');
}

/**
 * The same for a command on one environment, `… unlock --environment production`. Where the workflow file marks it throw-away,
 * the command line says so, too: ops.yml is judged there as it was here (S11).
 */
export function commandOn(
  { environment, production }: { environment: string; production: boolean },
  command: string,
  options: Readonly<Record<string, string>> = {},
): string {
  const marked = !production && isProduction(environment, false);
  return commandLine(command, { environment, ...(marked ? { 'throw-away': true } : {}), ...options });
}

/** Foreign text as one word of a POSIX shell (S14); a placeholder such as `<one of them>` is left for the person to fill. */
function shellWord(text: string): string {
  if (/^[\w./:@%+=-]+$/.test(text) || /^<[a-z ]+>$/.test(text)) return text;
  return `'${cleanText(text, 200).replaceAll("'", `'\\''`)}'`;
}
