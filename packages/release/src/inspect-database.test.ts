import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { connect } from '#postgres/connection';
import { standardLimits } from '#postgres/judge-size';
import { resolveDatabase } from '#supabase/resolve-database';
import { type DatabaseRequest, inspectDatabase } from './inspect-database.ts';

const installed = (await listPostgres()).some((found) => found.server);

describe('what preflight finds in a database', { skip: installed ? false : 'no PostgreSQL server programs' }, () => {
  let cluster: Cluster;
  let workspace: string;
  before(async () => {
    cluster = await startCluster();
    workspace = await mkdtemp(join(tmpdir(), 'inspect-database-'));
    await writeFile(join(workspace, '20260101000000_notes.sql'), 'CREATE TABLE notes (id int, old text);\n');
    await writeFile(join(workspace, '20260102000000_drop.sql'), 'ALTER TABLE notes DROP COLUMN old;\n');
  });
  after(async () => {
    await cluster?.stop();
    if (workspace !== undefined) await rm(workspace, { recursive: true });
  });

  async function database(name: string, sql: string): Promise<string> {
    const url = new URL(cluster.url);
    const admin = await connect(url.href, { applicationName: 'test' });
    await admin.query(`CREATE DATABASE ${name}`).finally(() => admin.close());
    url.pathname = `/${name}`;
    const own = await connect(url.href, { applicationName: 'test' });
    await own.query(sql).finally(() => own.close());
    return url.href;
  }

  async function look(url: string | undefined, more: Partial<DatabaseRequest> = {}) {
    const request = {
      url,
      migrations: '.',
      workspace,
      recipients: [],
      backupNeeded: true,
      limits: standardLimits,
      includeAll: false,
    };
    const { toApply, held, findings, ...rest } = await inspectDatabase({ ...request, ...more });
    return { toApply, held, codes: findings.map(({ code }) => code), findings, ...rest };
  }

  const history = `CREATE SCHEMA supabase_migrations;
    CREATE TABLE supabase_migrations.schema_migrations (version text PRIMARY KEY, statements text[], name text);`;

  test('an address that is exchanged is the one that is looked at, after the project was compared; no way is a finding', async () => {
    const url = await database('exchanged', 'CREATE TABLE notes (id int)');
    const direct = 'postgresql://postgres:p@db.abcdefghijklmnopqrst.supabase.co/postgres';
    const asked: string[] = [];
    const resolve = async (given: string) => {
      asked.push(given);
      return url;
    };
    const found = await look(direct, { project: 'abcdefghijklmnopqrst', resolve });
    assert.deepEqual([found.database, asked], ['configured', [direct]]);
    assert.ok(!found.codes.includes('database_unreachable'), found.codes.join());
    const other = await look(direct, { project: 'tsrqponmlkjihgfedcba', resolve });
    assert.deepEqual([other.codes, asked.length], [['wrong_project'], 1]);
    const nowhere = Object.assign(new Error('no way'), { name: 'DatabaseTargetError', reasonCode: 'pooler_unknown' });
    const lost = await look(direct, { resolve: () => Promise.reject(nowhere) });
    assert.deepEqual(lost.codes, ['pooler_unknown']);
  });

  test('a connection that proves no host is refused without a reason, and told with it (S30)', async () => {
    const url = await database('weakened', 'SELECT 1');
    const given = 'postgresql://u:p@db.example.com/d?sslmode=require';
    const ask = (tlsReason?: string) => {
      const ports = { mask: () => {}, log: () => {}, now: () => 0, readOnly: false, tlsReason };
      const resolve = async (text: string) => {
        await resolveDatabase({ url: text, loginRole: false, problems: [] }, ports);
        return url;
      };
      return look(given, { resolve, tlsReason });
    };
    const { codes, findings, weakening } = await ask();
    assert.deepEqual([codes, findings[0]?.severity, weakening], [['weak_tls_without_reason'], 'refuse', undefined]);
    const told = await ask('no certificate');
    assert.ok(!told.codes.includes('weak_tls_without_reason'));
    assert.match(told.weakening ?? '', /^sslmode=require does not prove.*: no certificate$/);
  });

  test('held files need no backup: nothing is applied', async () => {
    const url = await database(
      'held',
      `CREATE TABLE notes (id int, old text); INSERT INTO notes VALUES (1, 'x'); ${history}
       INSERT INTO supabase_migrations.schema_migrations VALUES ('20260101000000', '{}', 'notes');`,
    );
    const found = await look(url);
    assert.deepEqual([found.toApply, found.held], [[], ['20260102000000_drop.sql']]);
    assert.equal(found.codes.includes('age_recipients_missing'), false, found.codes.join());
    assert.equal(
      found.findings.some(({ severity }) => severity === 'refuse'),
      false,
    );
  });

  test('files that are applied need one, whoever can open it', async () => {
    const url = await database('due', 'SELECT 1');
    const found = await look(url);
    assert.ok(found.toApply.includes('20260101000000'));
    const wayBack = found.findings.find(({ code }) => code === 'forward_fix_only');
    assert.deepEqual(
      [wayBack?.severity, wayBack?.message],
      [
        'notice',
        'way back of the database: forward fix only: no rollback SQL for 20260101000000_notes.sql, 20260102000000_drop.sql',
      ],
    );
    assert.ok(found.codes.includes('age_recipients_missing'));
    assert.equal((await look(url, { recipients: ['an OpenPGP key'] })).codes.includes('age_recipients_missing'), false);
    assert.equal((await look(url, { backupNeeded: false })).codes.includes('age_recipients_missing'), false);
  });

  test('rollback SQL that is required and missing is refused, and one that is declared irreversible is named', async () => {
    const folder = await mkdtemp(join(workspace, 'back-'));
    await writeFile(join(folder, '1_a.sql'), 'CREATE TABLE a (id int);\n-- rollback\n-- DROP TABLE a;\n');
    await writeFile(join(folder, '2_b.sql'), 'CREATE TABLE b (id int);\n');
    await writeFile(join(folder, '3_c.sql'), '-- irreversible: the letters went out\nCREATE TABLE c (id int);\n');
    const url = await database('required', 'SELECT 1');
    const of = async (wayBack: 'required' | 'optional' | 'ignored') => {
      const { findings } = await look(url, { migrations: folder, backupNeeded: false, wayBack });
      return findings.map(({ severity, message }) => `${severity}: ${message}`);
    };
    assert.deepEqual(
      (await of('required')).filter((line) => line.includes('rollback-sql-missing')),
      [
        'refuse: 2_b.sql line 1 (rollback-sql-missing) has no rollback SQL, and database.rollback-sql of ops.yml requires it',
        'warning: 3_c.sql line 1 (rollback-sql-missing) cannot be taken back: the letters went out',
      ],
    );
    assert.match((await of('optional')).join(), /^notice: way back of the database: forward fix only/);
    assert.deepEqual(await of('ignored'), []);
  });

  test('a table that visitors reach without row level security or a policy is named, unless it is meant to be open', async () => {
    const url = await database(
      'open_tables',
      `CREATE ROLE anon; CREATE ROLE authenticated; CREATE ROLE nobody_known;
       CREATE TABLE open (id int); CREATE TABLE "No policy" (id int); CREATE TABLE good (id int); CREATE TABLE hidden (id int);
       ALTER TABLE "No policy" ENABLE ROW LEVEL SECURITY; ALTER TABLE good ENABLE ROW LEVEL SECURITY;
       CREATE POLICY own ON good USING (id = 1); GRANT USAGE ON SCHEMA public TO anon;
       GRANT SELECT ON open, "No policy", good TO anon; GRANT SELECT ON hidden TO nobody_known; ${history}
       INSERT INTO supabase_migrations.schema_migrations VALUES ('20260101000000', '{}', 'a'), ('20260102000000', '{}', 'b')`,
    );
    const rows = async (rowSecurity?: DatabaseRequest['rowSecurity']) =>
      (await look(url, { rowSecurity })).findings
        .filter(({ code }) => code.startsWith('row_security'))
        .map(({ severity, message }) => `${severity}: ${message}`);
    const said =
      'row level security: visitors use public.open without row level security; public."No policy" has it without a policy, so visitors see no row';
    assert.deepEqual(await rows(), [`warning: ${said}`]);
    assert.deepEqual(await rows({ refuse: true, except: [] }), [`refuse: ${said}`]);
    assert.deepEqual(await rows({ refuse: true, except: ['public.open', 'public."No policy"'] }), [
      'notice: row level security: open on purpose: public."No policy", public.open',
    ]);
  });

  test('a pending file that makes an open table or leaves a key without an index is named before it runs, or refused', async () => {
    const folder = await mkdtemp(join(workspace, 'foretold-'));
    await writeFile(
      join(folder, '1_sessions.sql'),
      'CREATE TABLE tasks (id int PRIMARY KEY);\nCREATE TABLE sessions (task int REFERENCES tasks);\nALTER TABLE tasks ENABLE ROW LEVEL SECURITY;\n',
    );
    const url = await database(
      'foretold',
      `DO $$ BEGIN CREATE ROLE anon; EXCEPTION WHEN duplicate_object THEN END $$;
       ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon`,
    );
    const of = async (rowSecurity?: DatabaseRequest['rowSecurity']) => {
      const found = await look(url, { migrations: folder, backupNeeded: false, rowSecurity });
      assert.deepEqual(found.toApply, ['1'], 'it is only told');
      return found.findings
        .filter(({ code }) => code === 'row_security_missing' || code === 'foreign_key_without_index')
        .map(({ severity, message }) => `${severity}: ${message}`);
    };
    const open =
      'row level security of new tables: visitors may use public.sessions (1_sessions.sql line 2) without it; public.tasks (1_sessions.sql line 1) has it without a policy, so visitors see no row';
    const key =
      'warning: no index begins with the columns of sessions_task_fkey on public.sessions (1_sessions.sql line 2): a DELETE or UPDATE of the other table reads this one whole';
    assert.deepEqual(await of(), [`warning: ${open}`, key]);
    assert.deepEqual(await of({ refuse: true, except: [] }), [`refuse: ${open}`, key]);
    assert.deepEqual(await of({ refuse: true, except: ['public.sessions', 'public.tasks'] }), [key]);
  });

  test('an extension that a scratch server here would not have is named with the line that installs it', async (context) => {
    const url = await database('extended', 'SELECT 1');
    const connection = await connect(url, { applicationName: 'test' });
    try {
      const [row] = await connection.query<{ folder: string }>(
        `SELECT setting || '/extension' AS folder FROM pg_config WHERE name = 'SHAREDIR'`,
      );
      const files = ['ops_rating.control', 'ops_rating--1.0.sql'].map((name) => join(row?.folder ?? '', name));
      const [control = '', script = ''] = files;
      const written = writeFile(control, "default_version = '1.0'\n").then(() =>
        writeFile(script, 'CREATE TYPE r AS (x int);'),
      );
      if (
        !(await written.then(
          () => true,
          () => false,
        ))
      )
        return context.skip('the extension folder is not writable');
      await connection
        .query('CREATE EXTENSION ops_rating; CREATE TABLE rated (r r)')
        .finally(() => Promise.all(files.map((file) => rm(file))));
    } finally {
      await connection.close();
    }
    const { findings } = await look(url, { recipients: ['a key'] });
    const finding = findings.find(({ code }) => code === 'extension_missing');
    assert.match(finding?.message ?? '', /extension ops_rating \(.*column r of table rated/);
    assert.match(
      finding?.fix ?? '',
      /no package .* is known to bring it: pin an image .* database\.scratch-image .*before this step/,
    );
    assert.equal(finding?.severity, 'refuse');
  });

  test('where a person applies, what is due is refused by its names', async () => {
    const url = await database('by_hand', 'SELECT 1');
    const due = await look(url, { apply: 'manual', recipients: ['an age key'] });
    assert.deepEqual(
      due.codes.filter((code) => code !== 'unsafe_migration'),
      ['forward_fix_only', 'applied_by_hand'],
    );
    assert.match(due.findings.map(({ message }) => message).join(), /apply is manual.*20260101000000_notes\.sql/);
    const command = { command: 'npm run migrate', apply: 'approve' } as const;
    assert.deepEqual((await look(url, command)).codes, [], 'its verify-command decides in the migration step');
  });

  test('a critical file that the history has lost refuses a release by its name, whoever migrates', async () => {
    const url = await database(
      'critical',
      `CREATE TABLE notes (id int, old text); ${history}
       INSERT INTO supabase_migrations.schema_migrations VALUES ('20260102000000', '{}', 'drop');`,
    );
    const critical = ['20260101000000_notes.sql'];
    const refused = ({ findings }: Awaited<ReturnType<typeof look>>) =>
      findings.filter(({ message }) => message.includes('(critical-not-applied)')).map(({ severity }) => severity);
    const { findings } = await look(url, { critical, recipients: ['a key'] });
    assert.ok(findings.some(({ severity, message }) => severity === 'refuse' && message.includes(critical[0] ?? '')));
    const command = { command: 'npm run migrate', apply: 'manual', critical } as const;
    assert.deepEqual(refused(await look(url, command)), ['refuse']);
    assert.deepEqual(refused(await look(url, { ...command, critical: ['20260102000000_drop.sql'] })), []);
    assert.deepEqual(refused(await look(url, { critical: [], recipients: ['a key'] })), []);
  });

  test('of a tool that keeps its history elsewhere only a command that verifies can tell whether a critical file is applied', async () => {
    const url = await database('elsewhere', 'CREATE TABLE notes (id int)');
    const empty = await database('elsewhere_empty', 'SELECT 1');
    const told = async (more: Partial<DatabaseRequest>, of = url) => {
      const command = { command: 'npm run migrate', critical: ['20260101000000_notes.sql'], recipients: ['a key'] };
      const { findings } = await look(of, { ...command, ...more });
      return findings
        .filter(({ code }) => code === 'critical_not_checked')
        .map(({ severity, message }) => `${severity}: ${message}`);
    };
    const of = '20260101000000_notes.sql (critical): "npm run migrate" keeps no history where the Supabase CLI does';
    assert.deepEqual(await told({}), [`refuse: nobody can be asked for ${of}`]);
    assert.deepEqual(await told({ apply: 'manual' }), [`refuse: nobody can be asked for ${of}`]);
    assert.deepEqual(await told({ verifyCommand: 'npm run verify' }), [
      `notice: only "npm run verify" can tell of ${of}`,
    ]);
    assert.deepEqual(await told({ critical: [] }), []);
    assert.deepEqual(await told({}, empty), [], 'the command of this release may still make the history');
    assert.deepEqual(await told({ apply: 'manual' }, empty), [`refuse: nobody can be asked for ${of}`]);
  });

  test('a file that the history of staging lacks, or holds with another text, refuses a release', async () => {
    const url = await database('for_production', 'SELECT 1');
    const staging = await database(
      'for_staging',
      `${history} INSERT INTO supabase_migrations.schema_migrations VALUES
         ('20260101000000', ARRAY['CREATE TABLE notes (id int, old text)'], 'notes')`,
    );
    const codes = async (stagingUrl: string) => {
      const { findings } = await look(url, { stagingUrl, recipients: ['a key'] });
      const found = findings.filter(({ code }) => code.includes('staging'));
      return found.map(({ code, message }) => `${code}: ${message.split(' ').at(-1)}`);
    };
    assert.deepEqual(await codes(staging), ['not_on_staging: 20260102000000_drop.sql']);
    const apply = async (sql: string) => {
      const own = await connect(staging, { applicationName: 'test' });
      await own.query(sql).finally(() => own.close());
    };
    await apply(
      `INSERT INTO supabase_migrations.schema_migrations VALUES ('20260102000000', ARRAY['ALTER TABLE notes DROP COLUMN older'], 'drop')`,
    );
    assert.deepEqual(await codes(staging), ['other_text_on_staging: 20260102000000_drop.sql']);
    await apply(
      `UPDATE supabase_migrations.schema_migrations SET statements = ARRAY['ALTER TABLE notes DROP COLUMN old'] WHERE name = 'drop'`,
    );
    assert.deepEqual(await codes(staging), []);
    assert.equal((await codes('postgresql://nobody@127.0.0.1:1/none'))[0]?.split(':')[0], 'staging_not_compared');
    // A role that may not read the history.
    await apply("CREATE ROLE stranger LOGIN PASSWORD 'strange'; REVOKE ALL ON SCHEMA supabase_migrations FROM PUBLIC");
    const stranger = new URL(staging);
    stranger.username = 'stranger';
    stranger.password = 'strange';
    assert.match((await codes(stranger.href)).join(), /^staging_not_compared: supabase_migrations$/);
    const command = await look(url, { stagingUrl: staging, command: 'npm run migrate', recipients: ['a key'] });
    const told = command.findings.find(({ code }) => code === 'staging_not_compared');
    assert.deepEqual([told?.severity, told?.message.includes('"npm run migrate"')], ['refuse', true]);
  });

  test('a file that this release holds back need not be on staging', async () => {
    const history1 = `${history} INSERT INTO supabase_migrations.schema_migrations VALUES ('20260101000000', '{}', 'notes');`;
    const url = await database('holds', `CREATE TABLE notes (id int, old text); ${history1}`);
    const stagingUrl = await database('holds_staging', history1);
    const found = await look(url, { stagingUrl });
    assert.deepEqual([found.toApply, found.held], [[], ['20260102000000_drop.sql']]);
    assert.deepEqual(
      found.codes.filter((code) => code.includes('staging')),
      [],
    );
  });

  test('objects without a history need a baseline before anything starts', async () => {
    const url = await database('legacy', 'CREATE TABLE notes (id int, old text)');
    const found = await look(url);
    assert.match(found.findings.map(({ message }) => message).join('\n'), /\(needs-baseline\)/);
    assert.ok(found.findings.some(({ code, severity }) => code === 'unsafe_migration' && severity === 'refuse'));
  });

  test('a migration command needs the connection and a backup, and no folder', async () => {
    const command = { command: 'npm run migrate', migrations: 'nowhere' };
    const without = await look(undefined, command);
    assert.deepEqual(without.codes, ['database_url_missing']);
    assert.match(without.findings[0]?.message ?? '', /npm run migrate/);
    const url = await database('other', 'SELECT 1');
    const found = await look(url, command);
    assert.deepEqual(
      [found.database, found.command, found.codes],
      ['configured', 'npm run migrate', ['age_recipients_missing', 'backup_estimate']],
    );
  });

  test('rows that a backup would not see are a finding of preflight, with the line that ends it', async () => {
    const url = new URL(
      await database(
        'hidden',
        `CREATE TABLE notes (id int, old text); ALTER TABLE notes ENABLE ROW LEVEL SECURITY; CREATE TABLE closed (id int);
         CREATE ROLE clerk LOGIN; GRANT SELECT ON notes TO clerk;`,
      ),
    );
    const owner = url.href;
    url.username = 'clerk';
    const ask = async (more: Partial<DatabaseRequest>) => {
      const { findings } = await look(url.href, { command: 'npm run migrate', ...more });
      return findings
        .filter(({ code }) => code === 'source_unreadable')
        .map(({ severity, message, fix }) => [severity, message, fix]);
    };
    const missing = [
      [
        'role clerk may not read public.closed, so a backup would miss them',
        'connect as their owner, or GRANT SELECT on them to clerk',
      ],
      [
        'row level security hides rows of public.notes from role clerk, so a backup would miss them',
        'connect as their owner, or ALTER ROLE clerk BYPASSRLS',
      ],
    ];
    const as = (severity: string) => missing.map((one) => [severity, ...one]);
    assert.deepEqual(await ask({}), as('refuse'));
    assert.deepEqual(await ask({ earlierBackup: true }), as('warning'));
    assert.deepEqual(await ask({ backupNeeded: false }), []);
    const admin = await connect(owner, { applicationName: 'test' });
    await admin.query('ALTER ROLE clerk BYPASSRLS; GRANT SELECT ON closed TO clerk').finally(() => admin.close());
    assert.deepEqual(await ask({}), []);
  });
});

test('the database of another project is refused by name before anything is sent', async () => {
  const workspace = await mkdtemp(join(tmpdir(), 'project-'));
  try {
    const { findings } = await inspectDatabase({
      // A password that is never sent: no such host is looked up.
      url: 'postgresql://postgres:canary@db.abcdefghijklmnopqrst.supabase.co:5432/postgres',
      project: 'tsrqponmlkjihgfedcba',
      migrations: '.',
      workspace,
      recipients: [],
      backupNeeded: true,
      limits: standardLimits,
      includeAll: false,
    });
    assert.deepEqual(
      findings.map(({ code, severity }) => [code, severity]),
      [['wrong_project', 'refuse']],
    );
    assert.match(findings[0]?.message ?? '', /leads to project abcdefghijklmnopqrst.*pinned to tsrqponmlkjihgfedcba/);
    assert.doesNotMatch(JSON.stringify(findings), /canary/);
  } finally {
    await rm(workspace, { recursive: true });
  }
});
