import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runTool } from '#child-process/run-tool';

/** A consumer's repository as GitHub would have it, and fresh shallow checkouts of its commits. */
export interface Consumer extends AsyncDisposable {
  directory: string;
  commits: Record<'v1.0.0' | 'v1.1.0' | 'v1.2.0' | 'v1.3.0', string>;
  /** A checkout as actions/checkout makes one: detached, depth 1. */
  checkOut(version: string): Promise<string>;
}

/** As small as an app can be that is healthy, so that a whole release takes seconds. */
const ops = {
  version: 1,
  vercel: { project: 'app', team: 'sandbox-team', deadline: '60s' },
  database: { backup: { destination: 'directory', path: '.backups' } },
  health: {
    checks: [{ path: '/api/health', json: { '$.status': 'healthy' } }],
    consecutive: 1,
    interval: '100ms',
    timeout: '8s',
    deadline: '10s',
  },
  watch: { source: 'probe', window: '1200ms', interval: '300ms' },
  slack: 'C000000001',
};

const healthy = `export function GET() {
  return Response.json({ status: 'healthy' });
}
`;

/**
 * Three failed rounds end this watch long before its window does. It has the time: on a loaded machine 1.2 s hold only two, and
 * two prove nothing.
 */
const watchToFail = { ...ops.watch, window: '10s', 'after-rollback': ops.watch.window };

/** Healthy before it is live and for its first user, then never again: its checks pass, its watch fails. */
const failingInProduction = `let asked = 0;
export function GET(request) {
  if (request.headers.get('host') === process.env.PRODUCTION_HOST) asked += 1;
  return asked > 1 ? new Response('broken', { status: 500 }) : Response.json({ status: 'healthy' });
}
`;

/** Two statements each: half of a file in the database would show. */
export const migrations = {
  '20260101000000_first.sql':
    'CREATE TABLE first (id bigint PRIMARY KEY);\nCREATE TABLE first_too (id bigint PRIMARY KEY);\n',
  '20260201000000_second.sql':
    'CREATE TABLE second (id bigint PRIMARY KEY);\nCREATE TABLE second_too (id bigint PRIMARY KEY);\n',
};

/** Migrations of v1.0.0, of v1.1.0 and of v1.3.0, by file name, and what ops.yml says beside the rest. */
export interface ConsumerOptions {
  migrations: readonly [first: Record<string, string>, second: Record<string, string>, last: Record<string, string>];
  ops?: object;
}

const [[firstFile, firstSql], [secondFile, secondSql]] = Object.entries(migrations) as [
  [string, string],
  [string, string],
];
const standard: ConsumerOptions = { migrations: [{ [firstFile]: firstSql }, { [secondFile]: secondSql }, {}] };

/** v1.0.0 and v1.1.0 are good, v1.1.0 brings a migration; v1.2.0 fails in production; v1.3.0 is good again. */
export async function createConsumer(options: ConsumerOptions = standard): Promise<Consumer> {
  const base = await mkdtemp(join(tmpdir(), 'ops-actions-crash-'));
  const directory = join(base, 'repository');
  await mkdir(directory);
  await git(directory, 'init', '--quiet', '--initial-branch=main');
  const [first, second, last] = options.migrations.map((files) =>
    Object.fromEntries(Object.entries(files).map(([file, sql]) => [`supabase/migrations/${file}`, sql])),
  );
  const commit = async (version: string, files: Record<string, string>): Promise<string> => {
    for (const [path, text] of Object.entries({ VERSION: `${version}\n`, ...files })) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    }
    await git(directory, 'add', '--all');
    await git(directory, 'commit', '--quiet', '--message', `Release ${version}`);
    await git(directory, 'tag', version);
    return (await git(directory, 'rev-parse', 'HEAD')).trim();
  };
  const commits = {
    'v1.0.0': await commit('v1.0.0', {
      '.github/ops.yml': JSON.stringify({ ...ops, ...options.ops }),
      'package.json': '{"type":"module"}\n',
      'public/index.html': '<p>app</p>\n',
      'api/health.js': healthy,
      ...first,
    }),
    'v1.1.0': await commit('v1.1.0', { ...second }),
    'v1.2.0': await commit('v1.2.0', {
      '.github/ops.yml': JSON.stringify({ ...ops, ...options.ops, watch: watchToFail }),
      'api/health.js': failingInProduction,
    }),
    'v1.3.0': await commit('v1.3.0', {
      '.github/ops.yml': JSON.stringify({ ...ops, ...options.ops }),
      'api/health.js': healthy,
      ...last,
    }),
  };
  let checkouts = 0;
  return {
    directory,
    commits,
    async checkOut(version) {
      const target = join(base, `checkout-${++checkouts}`);
      await git(base, 'clone', '--quiet', '--depth=1', `--branch=${version}`, `file://${directory}`, target);
      return target;
    },
    [Symbol.asyncDispose]: () => rm(base, { recursive: true, force: true, maxRetries: 3 }),
  };
}

async function git(cwd: string, ...words: string[]): Promise<string> {
  const settings = ['user.name=App team', 'user.email=app@example.com', 'commit.gpgsign=false'];
  const given = [...settings, 'advice.detachedHead=false'].flatMap((setting) => ['-c', setting]);
  const done = await runTool({ command: 'git', args: [...given, ...words], cwd, deadlineMs: 20_000 });
  if (done.exitCode !== 0) throw new Error(`git ${words[0]} failed: ${done.stderr.trim()}`);
  return done.stdout;
}
