import { rollBackInDashboard } from '../scenarios/dashboard.ts';
import { opsFile, type ReleaseFixture, type RunRequest, soonSick } from '../scenarios/release-fixture.ts';
import { hostileLine, hostileName, hostileTag, hostileText, shellBait } from './hostile-texts.ts';

/** One run and where its hostile texts come from. */
export interface Scene {
  what: string;
  ends: RegExp;
  /** Runs the rollback composite. */
  back?: true;
  request: RunRequest;
  /** Sources whose text must have come through to some channel: a text that is nowhere proves nothing. */
  seen: string[];
  /** What happens in the sandbox first. */
  before?: (fixture: ReleaseFixture) => unknown;
}

const js = (text: string): string => JSON.stringify(text);
const sql = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const raise = (level: string, text: string): string =>
  `DO $$ BEGIN RAISE ${level} USING MESSAGE = ${sql(text)}, DETAIL = ${sql(text)}, HINT = ${sql(text)}; END $$;\n`;
const migration = (name: string): string => `supabase/migrations/${name}`;
const says = (text: string, code: number): string =>
  `console.log(${js(text)});\nconsole.error(${js(text)});\nprocess.exitCode = ${code};\n`;
/** A git author takes no angle brackets. */
const author = (source: string): string => hostileLine(source, 200).replaceAll(/[<>]/g, '');
const sick = (status: string): string => `export function GET(request) {
  const isPublic = request.headers.get('host') !== process.env.VERCEL_URL;
  return Response.json({ status: isPublic ? ${js(status)} : 'healthy' });
}
`;

/** In every version: what people write into their repository. */
export const hostileFiles = {
  'test/smoke.js': says(hostileText('smoke-says'), 0),
  [migration(`20260106090000_${hostileName('file-name')}.sql`)]: raise('NOTICE', hostileText('sql-notice')),
};
export const hostileOps = {
  health: {
    ...soonSick,
    checks: [{ name: hostileLine('check-name', 900), path: '/api/health', json: { '$.status': 'healthy' } }],
  },
  smoke: { command: `node test/smoke.js "${hostileLine('smoke-name', 300).replaceAll(/["`$\\{}]/g, '')}"` },
};

/**
 * @param bait file that no shell may create
 * @param ops sections of every ops.yml
 */
export const scenesOf = (bait: string, ops: object): Scene[] => [
  {
    what: 'a good release of a hostile tag, commit, person and migration',
    ends: /^released/,
    seen: ['tag-name', 'older-reason', 'who-ran', 'file-name', 'check-name', 'smoke-name', 'smoke-says'],
    request: {
      version: hostileTag('tag-name'),
      inputs: { version: '', 'allow-older': `${hostileLine('older-reason', 300)}${shellBait(bait)}${hostileText('')}` },
      actor: hostileLine('who-ran', 200),
      commit: { author: author('commit-author'), message: hostileText('commit-words') },
    },
  },
  {
    what: 'inputs that take no such text',
    ends: /^refused: bad_input/,
    seen: ['version-given', 'stop-given'],
    request: {
      version: 'v1.1.0',
      inputs: { version: hostileText('version-given'), 'stop-after': hostileText('stop-given') },
    },
  },
  {
    what: 'an error of the database',
    ends: /^failed/,
    seen: ['sql-error'],
    request: {
      version: 'v1.2.0',
      files: {
        [migration('20260107090000_error.sql')]:
          `${raise('WARNING', hostileText('sql-warning'))}ALTER TABLE "${hostileLine('sql-error', 60)}" ADD COLUMN a text;
`,
      },
    },
  },
  {
    what: 'a statement that is refused',
    ends: /^refused: unsafe_migration/,
    seen: ['bad-statement', 'bad-file'],
    request: {
      version: 'v1.3.0',
      files: {
        [migration(`20260108090000_${hostileName('bad-file').replace(' ', '\n')}.sql`)]: 'SELECT 1;\n',
        [migration('20260108090001_bad.sql')]:
          `ALTER TABLE notes ADD COLUMN "${hostileLine('bad-statement', 60)}" text NOT NULL; -- ${hostileLine('')}\n`,
      },
    },
  },
  {
    what: 'a configuration full of mistakes',
    ends: /^refused: bad_input/,
    seen: ['bad-key', 'bad-value'],
    request: {
      version: 'v1.3.1',
      inputs: { 'vercel-project': 'notes-app', 'vercel-team': 'sandbox-team' },
      files: {
        '.github/ops.yml': js(hostileLine('bad-key', 300)).concat(
          `: 1\nwatch:\n  window: ${js(hostileText('bad-value'))}\n`,
        ),
      },
    },
  },
  {
    what: 'a build that fails',
    ends: /^failed: build_failed/,
    seen: ['build-says'],
    request: {
      version: 'v1.4.0',
      files: {
        'vercel.json': js('').replace(
          '""',
          '{ "git": { "deploymentEnabled": false }, "buildCommand": "node build.mjs" }',
        ),
        'build.mjs': says(hostileLine('build-says'), 1),
      },
    },
  },
  {
    what: "Vercel's own words about a build",
    ends: /^failed: build_failed/,
    seen: ['build-message', 'build-code'],
    before: ({ sandbox }) =>
      sandbox.vercel.orderBuild({
        end: 'ERROR',
        errorCode: hostileLine('build-code'),
        errorMessage: hostileText('build-message'),
      }),
    request: { version: 'v1.5.0' },
  },
  {
    what: 'an author whom Vercel blocks',
    ends: /^failed: commit_author_blocked/,
    seen: ['blocked-author'],
    before: ({ sandbox }) => sandbox.vercel.orderBuild({ end: 'BLOCKED' }),
    request: { version: 'v1.6.0', commit: { author: author('blocked-author') } },
  },
  {
    what: 'errors of Vercel, GitHub and Slack',
    ends: /^failed/,
    seen: ['vercel-code', 'vercel-error'],
    before: ({ sandbox }) => {
      const error = { code: hostileLine('vercel-code'), message: hostileText('vercel-error') };
      sandbox.faults.order({
        service: 'vercel',
        method: 'POST',
        route: '/v13/deployments',
        fault: { status: 400, body: { error } },
      });
      const refusal = { ok: false, error: hostileText('slack-error'), needed: hostileText('slack-scope') };
      sandbox.faults.order({
        service: 'slack',
        route: '/api/chat.update',
        times: 5,
        fault: { status: 200, body: refusal },
      });
    },
    request: { version: 'v1.6.1' },
  },
  {
    what: 'a smoke test that fails before the promotion',
    ends: /^failed: staged_smoke_failed/,
    seen: ['smoke-fails'],
    request: { version: 'v1.7.0', files: { 'test/smoke.js': says(hostileText('smoke-fails'), 1) } },
  },
  {
    what: 'log rows and addresses of users',
    ends: /^(held|released)/,
    seen: [],
    request: {
      version: 'v1.7.1',
      files: {
        '.github/ops.yml': opsFile({
          ...ops,
          watch: { source: 'vercel-runtime-logs', window: '2s', interval: '1s', 'min-requests': 1 },
        }),
        'api/health.js': `export function GET() { console.error(${js(hostileText('log-row'))}); return Response.json({ status: 'healthy' }); }\n`,
      },
    },
  },
  {
    what: 'an answer of the app for which it is taken back',
    ends: /^rolled-back: health_failed/,
    seen: ['health-says', 'rolled-tag'],
    request: {
      version: hostileTag('rolled-tag'),
      inputs: { version: '' },
      files: { 'api/health.js': sick(hostileText('health-says')) },
    },
  },
  {
    what: 'a rollback by hand with a reason',
    ends: /^(rolled-back|already-current)/,
    back: true,
    seen: ['hand-reason'],
    before: (fixture) => fixture.command('unlock', '--environment', 'production'),
    request: {
      version: 'v1.7.1',
      actor: hostileLine('who-returned', 200),
      inputs: { reason: `${hostileText('hand-reason')}${shellBait(bait)}`, confirm: 'production' },
    },
  },
  {
    what: 'a release while that reason locks',
    ends: /^refused: locked/,
    seen: ['hand-reason'],
    request: { version: 'v1.9.0' },
  },
  {
    what: 'a rollback in the dashboard with a description',
    ends: /^refused: pinned_rollback/,
    seen: ['dashboard-words'],
    before: async (fixture) => {
      await fixture.command('unlock', '--environment', 'production');
      const target = fixture.served() ?? '';
      await fixture.release({ version: 'v1.9.1' });
      // Vercel takes no more.
      await rollBackInDashboard(fixture, target, hostileLine('dashboard-words', 250));
    },
    request: { version: 'v1.9.2' },
  },
];
