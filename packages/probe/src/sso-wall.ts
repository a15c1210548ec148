import type { ProbeAnswer } from './send-probe.ts';

/**
 * Whether an answer is Vercel's deployment protection instead of the app (traps 13, 21): a redirect to vercel.com/sso*, or the
 * 401 login page. Vercel docs, deployment protection; superset-sh/superset#6993.
 */
export function isSsoWall(answer: Pick<ProbeAnswer, 'status' | 'headers' | 'body'>): boolean {
  if ([301, 302, 303, 307, 308].includes(answer.status)) {
    const target = URL.parse(answer.headers.location ?? '');
    return target !== null && /(^|\.)vercel\.com$/.test(target.hostname) && target.pathname.startsWith('/sso');
  }
  if (answer.status !== 401 || !/^text\/html/i.test(answer.headers['content-type'] ?? '')) return false;
  const cookies = answer.headers['set-cookie']?.join(';') ?? '';
  return (
    /^vercel$/i.test(String(answer.headers.server ?? '')) ||
    answer.headers['x-vercel-id'] !== undefined ||
    cookies.includes('_vercel_sso') ||
    /vercel\.com\/sso|Vercel Authentication/i.test(answer.body)
  );
}
