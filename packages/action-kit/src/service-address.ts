import { InputError } from './input-error.ts';
import type { Runner } from './runner.ts';

/** Where a service is reached and how a workflow or a sandbox may say so (S11). */
export interface ServiceAddress {
  /** Name of the action's input. */
  name?: string;
  /** Value of the action's input. */
  input?: string | undefined;
  /** Environment variable, for loopback addresses only, e.g. OPS_ACTIONS_VERCEL_API_URL. */
  variable: string;
  standard: string;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** The address without a trailing slash: the input (https or loopback), else the variable (loopback only), else the standard. Throws InputError. */
export function serviceAddress(runner: Pick<Runner, 'environment'>, service: ServiceAddress): string {
  const name = service.name ?? inputName(service.variable);
  if (service.input) return checked(name, service.input, 'an https address, or an http address of this machine', true);
  const fromEnvironment = runner.environment(service.variable);
  if (!fromEnvironment) return withoutSlash(service.standard);
  return checked(
    service.variable,
    fromEnvironment,
    `an address of this machine (another one is given by the input ${name})`,
    false,
  );
}

function checked(name: string, given: string, allowed: string, https: boolean): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const web = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (!url || !web || url.username || url.password || url.search || url.hash) {
    throw new InputError([{ name, given: withoutSecrets(url, given), message: 'is not a plain web address', allowed }]);
  }
  if (!LOOPBACK.test(url.hostname) && !(https && url.protocol === 'https:')) {
    throw new InputError([{ name, given, message: 'tokens are not sent to this address', allowed }]);
  }
  return withoutSlash(url.href);
}

function withoutSecrets(url: URL | undefined, given: string): string {
  return url?.host ? `${url.protocol}//${url.host}${url.pathname}` : given.replace(/\/\/[^@/]*@/, '//***@');
}

function withoutSlash(address: string): string {
  return address.replace(/\/+$/, '');
}

function inputName(variable: string): string {
  return variable
    .replace(/^OPS_ACTIONS_/, '')
    .toLowerCase()
    .replaceAll('_', '-');
}
