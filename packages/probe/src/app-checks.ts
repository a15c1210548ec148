import type { AppSettings, CheckSettings } from '#config/settings';
import { type Check, CheckError, resolveCheck } from './check.ts';

/** Which checks of an app: those of the gate, of the smoke tests, or all that only read, as a watch repeats them. */
export type AppCheckKind = 'health' | 'smoke' | 'reading';

/** `name=https://host` lines, as preflight and the deploy step write them. @throws CheckError. */
export function readAppUrls(lines: readonly string[] | undefined): Map<string, string> {
  return new Map(
    (lines ?? []).map((line) => {
      const match = /^([a-z0-9][a-z0-9-]*)=(https?:\/\/\S+)$/.exec(line.trim());
      if (match === null) throw new CheckError(`"${line}" is not an address of an app; write name=https://host.`);
      return [match[1] as string, match[2] as string];
    }),
  );
}

export function writeAppUrls(addresses: readonly { name: string; url: string }[]): string {
  return addresses.map(({ name, url }) => `${name}=${url}`).join('\n');
}

/**
 * The checks of the further apps of an environment, each with the name of its app: at the address given, e.g. that of a staged
 * deployment, else at its public one. @throws CheckError.
 */
export function checksOfApps(
  apps: readonly AppSettings[] | undefined,
  given: ReadonlyMap<string, string>,
  kind: AppCheckKind,
  timeoutMs?: number,
): Check[] {
  return (apps ?? []).flatMap((app) => {
    const baseUrl = given.get(app.name) ?? app.url;
    return checksFor(app, kind).map((check) => {
      const resolved = resolveCheck(check, { baseUrl, ...(timeoutMs && { timeoutMs }) });
      return { ...resolved, app: app.name, name: `${app.name}: ${resolved.name}` };
    });
  });
}

function checksFor({ health, smoke }: AppSettings, kind: AppCheckKind): CheckSettings[] {
  const standard = [{ path: '/' }];
  if (kind === 'health') return health ?? standard;
  if (kind === 'smoke') return smoke ?? [];
  const reading = [...(health ?? []), ...(smoke ?? [])].filter(({ method }) => method !== 'POST');
  return reading.length > 0 ? reading : standard;
}
