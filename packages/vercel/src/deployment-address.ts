import { isLoopback } from './is-loopback.ts';

/** Full address of a deployment or domain: https, or http where host and API are both on this machine (the sandbox). */
export function addressOf(host: string, apiUrl: string): string {
  if (/^https?:\/\//.test(host)) return host.replace(/\/+$/, '');
  const api = new URL(apiUrl);
  const local = api.protocol === 'http:' && isLoopback(api.hostname) && isLoopback(new URL(`http://${host}`).hostname);
  return `${local ? 'http' : 'https'}://${host}`;
}
