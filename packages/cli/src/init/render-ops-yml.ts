import { schemaAddress } from '#config/schema-address';
import type { InitPlan, Staging } from './plan-init.ts';

/** `.github/ops.yml`: only what was found or said; everything else is a good default. */
export function renderOpsYml(plan: InitPlan): string {
  const { detected, request } = plan;
  const lines = [`# yaml-language-server: $schema=${schemaAddress}`, 'version: 1'];
  if (request.preset) lines.push(`extends: ${request.preset}`);
  const vercel = [
    detected.vercel && `project: ${scalar(detected.vercel.project)}`,
    detected.vercel?.team && `team: ${detected.vercel.team}`,
    detected.app !== '.' && `working-directory: ${scalar(detected.app)}`,
  ].filter(Boolean);
  const name = detected.vercel?.name ? ` # ${detected.vercel.name}` : '';
  if (vercel.length > 0) lines.push(`vercel: { ${vercel.join(', ')} }${name}`);
  const migrations = detected.supabase?.migrations;
  if (migrations && migrations !== 'supabase/migrations') lines.push(`database: { migrations: ${scalar(migrations)} }`);
  if (detected.healthPaths.length > 0) lines.push(`health: [${detected.healthPaths.join(', ')}]`);
  if (plan.smoke) lines.push(`smoke: ${plan.smoke}`);
  if (!request.preset) {
    lines.push('watch:', '  window: 15m', '  mode: auto # rolls back by itself; notify: a person decides');
  }
  if (request.channel) lines.push(`slack: ${scalar(request.channel)}`);
  const staging = request.staging && stagingLine(request.staging, request.stagingUrl);
  const production = request.url ? `  production: { url: ${scalar(request.url)} }` : '  production: {}';
  lines.push('environments:', production);
  if (staging) lines.push(staging);
  return `${lines.join('\n')}\n`;
}

function stagingLine(staging: Staging, url: string | undefined): string {
  const vercel = {
    project: () => `project: ${scalar((staging as { project: string }).project)}`,
    'custom-environment': () =>
      `as: custom-environment, custom-environment: ${scalar((staging as { slug: string }).slug)}`,
    alias: () => `as: alias, alias: ${scalar((staging as { host: string }).host)}`,
  }[staging.kind]();
  const address = url ?? (staging.kind === 'alias' ? `https://${staging.host}` : undefined);
  return `  staging: { ${address ? `url: ${scalar(address)}, ` : ''}vercel: { ${vercel} } }`;
}

/** A YAML scalar that means exactly this text, also inside a flow map. */
export function scalar(text: string): string {
  return /^[A-Za-z][\w./:@-]*$/.test(text) && !text.endsWith(':') ? text : `'${text.replaceAll("'", "''")}'`;
}
