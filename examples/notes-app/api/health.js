import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** Says that this deployment runs, and which one it is. Asks nothing of the database. */
export function GET() {
  return Response.json({ status: 'healthy', commit: process.env.VERCEL_GIT_COMMIT_SHA ?? '', version });
}
