import type { Answer, SandboxRequest } from '../http/answer.ts';
import type { DeploymentRecord, ProjectRecord } from '../vercel/vercel-records.ts';

/** Whether a host of a deployment is behind Vercel Authentication (facts §7). */
export function isProtected(project: ProjectRecord, deployment: DeploymentRecord, host: string): boolean {
  const type = project.ssoProtection?.deploymentType;
  if (type === undefined) return false;
  const domain = project.domains.some(({ name }) => name === host);
  switch (type) {
    case 'all':
      return true;
    case 'preview':
      return deployment.target !== 'production';
    default:
      // prod_deployment_urls_and_all_previews, all_except_custom_domains
      return !domain || deployment.target !== 'production';
  }
}

/** The bypass secret as header or query parameter. */
export function hasBypass(project: ProjectRecord, request: SandboxRequest): boolean {
  const given = request.headers['x-vercel-protection-bypass'] ?? request.query.get('x-vercel-protection-bypass');
  return typeof given === 'string' && Object.hasOwn(project.protectionBypass, given);
}

/** What a visitor without access gets: a redirect to Vercel's login, or its page with 401. */
export function protectionWall(how: 'redirect' | 'page', host: string, path: string): Answer {
  if (how === 'redirect') {
    const target = encodeURIComponent(`https://${host}${path}`);
    return {
      status: 302,
      headers: {
        location: `https://vercel.com/sso-api?url=${target}&nonce=sandbox`,
        'cache-control': 'no-store, max-age=0',
        'set-cookie': '_vercel_sso_nonce=sandbox; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Lax',
        'content-type': 'text/plain; charset=utf-8',
      },
      body: 'Redirecting...',
    };
  }
  return {
    status: 401,
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store, max-age=0' },
    body: '<!doctype html><html lang=en><meta charset=utf-8><title>Authentication Required</title><p>This page requires Vercel Authentication.</p></html>',
  };
}
