import type { CheckSettings } from '#config/settings';

/** Default time for one attempt, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 10_000;

/** One HTTP check with everything decided: where to ask and what the answer must be. */
export interface Check {
  name: string;
  /** Of a group of projects: the further one that it asks. */
  app?: string;
  url: URL;
  method: 'GET' | 'HEAD' | 'POST';
  /** Accepted statuses; undefined: 200 to 399, but neither the SSO wall nor a redirect to another host. */
  status?: readonly number[] | undefined;
  json: Readonly<Record<string, string | number | boolean>>;
  contains?: string | undefined;
  timeoutMs: number;
  /** False: its failure is told, and decides nothing. Absent: it decides. */
  critical?: boolean | undefined;
}

/** A check that cannot be made from what was given; the message says what is allowed. */
export class CheckError extends Error {
  override readonly name = 'CheckError';
}

/** Joins one configured check with the base address; throws CheckError when no address results. */
export function resolveCheck(settings: CheckSettings, defaults: { baseUrl?: string; timeoutMs?: number }): Check {
  const method = settings.method ?? 'GET';
  const json = settings.json ?? {};
  if (method === 'HEAD' && (Object.keys(json).length > 0 || settings.contains !== undefined)) {
    throw new CheckError(`The check ${settings.name ?? settings.path} expects a body, but HEAD has none; use GET.`);
  }
  return {
    name: settings.name ?? `${method} ${settings.path.replace(/[?#].*$/s, '')}`,
    url: addressOfCheck(settings.path, defaults.baseUrl),
    method,
    status: settings.status,
    json,
    contains: settings.contains,
    timeoutMs: settings.timeoutMs ?? defaults.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    critical: settings.critical,
  };
}

function addressOfCheck(path: string, baseUrl: string | undefined): URL {
  if (/^https?:\/\//i.test(path)) return parseAddress(path);
  if (!baseUrl) {
    throw new CheckError(`The check ${path} is a path, but no base-url was given; give base-url or a whole address.`);
  }
  const base = parseAddress(baseUrl);
  return parseAddress(`${base.origin}${base.pathname.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`);
}

function parseAddress(text: string): URL {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new CheckError(`"${text}" is not an address; write https://host/path or, below base-url, /path.`);
  }
  if (url.username || url.password) {
    throw new CheckError(`The address of ${url.host} carries a user name or password; addresses are shown in logs.`);
  }
  return url;
}
