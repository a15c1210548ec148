import type { MigrationFinding } from '#postgres/classify-migrations';
import { forwardFixOnly, type MigrationInspection } from '#postgres/inspect-migrations';
import { describeRemoved } from '#release/decide-recipients';
import type { Migration } from './migrate.ts';
import type { MigrateOptions } from './plan-options.ts';

type Word = 'applied' | 'nothing-pending' | 'planned' | 'baselined' | 'rolled-back' | 'refused' | 'failed';
export type Ending = [decision: Word, reasonCode: string, summary: string];

const backupWords = {
  required: ' after a proven backup',
  platform: ' after a restore point of the platform, not restore-tested by us',
  skip: ' without a backup',
};

/** Decision, reason code and the one line for people. Pure. */
export function endingOf(migration: Migration, options: MigrateOptions): Ending {
  const { folder } = options;
  const plan = 'plan' in migration ? migration.plan : undefined;
  if (migration.kind !== 'refused' && plan?.replay !== undefined && 'failure' in plan.replay)
    return ['refused', 'replay_failed', `${plan.replay.failure}; nothing was changed`];
  switch (migration.kind) {
    case 'not-configured':
      return ['nothing-pending', 'not_configured', `No migrations: there is no folder ${folder}`];
    case 'no-folder':
      return [
        'refused',
        'migrations_missing',
        `The migrations folder ${folder} is not in the checkout: check out the repository before this step, or correct migrations-dir`,
      ];
    case 'no-url':
      return [
        'refused',
        'database_url_missing',
        `There is a migrations folder (${folder}) but no database-url, so nobody knows what is pending: pass the secret DATABASE_URL as database-url`,
      ];
    case 'nothing-pending':
      return [
        'nothing-pending',
        'up_to_date',
        `Nothing pending: the database has all ${migration.inspection.plan.applied.length} migrations of ${folder}; no backup was needed`,
      ];
    case 'held':
      return [
        'nothing-pending',
        'held',
        `Nothing to apply in phase ${options.phase}; held: ${migration.inspection.held.map((file) => file.file).join(', ')}`,
      ];
    case 'decided':
      return migration.ending;
    case 'planned':
      return [
        'planned',
        'plan_only',
        `Plan: ${filesOf(migration)} would be applied${backupWords[options.backup]}${describePlan(migration)}; nothing was changed`,
      ];
    case 'by-hand':
      return [
        'refused',
        'applied_by_hand',
        `${filesOf(migration)} pending, and database.apply is ${options.apply}: run migrate-with-backup by hand first, then release; nothing was changed`,
      ];
    case 'refused':
      return ['refused', 'unsafe_migration', refusal(migration.inspection.findings)];
    case 'not-recorded':
      return [
        'failed',
        'release_not_recorded',
        `The intent could not be written to the release's record (${migration.message}), so no migration was started; nothing was changed`,
      ];
    case 'no-backup-possible':
      return [
        'refused',
        migration.reasonCode,
        `A migration is to run and no backup could be made, nothing was changed: ${migration.message}`,
      ];
    case 'backup-failed':
      return ['failed', migration.reasonCode, `No proven backup, so no migration was started: ${migration.message}`];
    case 'ended':
      return afterApplying(migration);
  }
}

function describePlan({ inspection, plan: { live, replay } }: Extract<Migration, { kind: 'planned' }>): string {
  const unasked = live ? '' : '; no database was asked, so sizes and what is applied are not known';
  const replayed = replay === undefined ? '' : `; replayed from nothing: all ${replay.files} files`;
  const forward = forwardFixOnly(inspection);
  return `${unasked}${replayed}${forward === undefined ? '' : `; ${forward}`}`;
}

function afterApplying(migration: Extract<Migration, { kind: 'ended' }>): Ending {
  const { outcome, backup, verification, inspection, point: platform } = migration;
  const { applied, failure, remaining } = outcome;
  const after =
    backup === undefined
      ? platform === undefined
        ? 'without a backup'
        : `relying on ${platform}`
      : `after a proven backup (${backup.manifest.relations} relations, ${backup.manifest.rows} rows${backup.recipientChange === undefined ? '' : describeRemoved(backup.recipientChange)})`;
  const names = applied.map((file) => file.file).join(', ');
  const restorePoint = platform === undefined ? '' : `; restore point: ${platform}`;
  const point = backup === undefined ? restorePoint : `; restore point: ${backup.manifest.object.file}`;
  const back = wayBack(migration);
  if (failure === undefined && verification?.ok === false) {
    const summary = `${names} applied ${after}, and the verification did not pass: ${verification.message}${back}${point}`;
    const own = verification.reasonCode === 'objects_missing' || verification.reasonCode === 'objects_not_read';
    const reason = own ? verification.reasonCode : 'verify_command_failed';
    return ['failed', reason, summary];
  }
  if (failure === undefined) {
    const unread = unprovenCache(migration);
    if (unread !== undefined) return ['failed', unread[0], `${names} applied ${after}, and ${unread[1]}${point}`];
    const held = inspection.held.length === 0 ? '' : `; held: ${inspection.held.map((file) => file.file).join(', ')}`;
    const news = migration.advice.map(({ rule, object }) => `${rule} (${object})`);
    const advice = news.length === 0 ? '' : `; new in the schema: ${news.join(', ')}`;
    return [
      'applied',
      'applied',
      `Applied ${count(applied.length)} ${after}: ${names}${held}${advice}${unsaidCache(migration)}`,
    ];
  }
  const place = failure.line === undefined ? failure.file : `${failure.file} line ${failure.line}`;
  const nothing = failure.reasonCode === 'not_recorded' ? 'nothing was applied before it' : 'nothing was applied';
  const stays = applied.length === 0 ? nothing : `applied before it and kept: ${names}`;
  const kept = failure.statementsKept ?? 0;
  const undone =
    outcome.outcome === 'unknown'
      ? ''
      : failure.reasonCode === 'not_recorded'
        ? '; what this file made stays: look into supabase_migrations.schema_migrations before you run again'
        : kept > 0
          ? `; this file commits by itself: its first ${kept} statements stay applied, and the next run goes on after them`
          : '; this file was undone whole';
  const rest = remaining.length > 1 ? `; not reached: ${remaining.slice(1).join(', ')}` : '';
  return [
    'failed',
    failure.reasonCode,
    `${place}: ${failure.message}${undone}; ${back === '' ? stays : back.slice(2)}${rest}${point}`,
  ];
}

/** New code that asks an API with an old schema fails, so nothing is promoted before the API was seen to know it. */
function unprovenCache({
  schemaCache,
}: Extract<Migration, { kind: 'ended' }>): [reason: string, why: string] | undefined {
  if (schemaCache === undefined || schemaCache.outcome === 'fresh' || schemaCache.outcome === 'not-asked')
    return undefined;
  if (schemaCache.outcome === 'could-not-ask') {
    const { message } = schemaCache;
    return ['schema_cache_unproven', `nobody knows whether the Data API has read the new schema: ${message}`];
  }
  const missing = schemaCache.missing.join(', ');
  const what = `after ${schemaCache.seconds.toFixed(0)} s the Data API does not know ${missing}`;
  return [
    'schema_cache_stale',
    `${what}; run NOTIFY pgrst, 'reload schema', see the API's logs for what keeps it, then release again`,
  ];
}

/** What passed without a proof, by its first names; the log has all of them. */
function unsaidCache({ schemaCache }: Extract<Migration, { kind: 'ended' }>): string {
  if (schemaCache?.outcome === 'not-asked')
    return '; the Data API was told to read the schema again and not asked whether it did: give data-api-key (SUPABASE_SERVICE_ROLE_KEY)';
  if (schemaCache?.outcome !== 'fresh' || schemaCache.unproven.length === 0) return '';
  const { unproven } = schemaCache;
  const more = unproven.length > 5 ? ` and ${unproven.length - 5} more` : '';
  return `; nothing proves that the Data API knows ${unproven.slice(0, 5).join(', ')}${more}`;
}

/** What `on-failure` did about the files of this run. */
function wayBack({ takenBack }: Extract<Migration, { kind: 'ended' }>): string {
  if (takenBack !== undefined) {
    const done = takenBack.rolledBack.join(', ') || 'nothing';
    const stuck =
      takenBack.failure === undefined
        ? ''
        : `, and the rollback of ${takenBack.failure.file} failed: ${takenBack.failure.message}`;
    return `; rolled back by its rollback SQL: ${done}${stuck}`;
  }
  return '';
}

function refusal(findings: readonly MigrationFinding[]): string {
  const refused = findings.filter((finding) => finding.severity === 'refuse');
  const [first] = refused;
  const more = refused.length > 1 ? ` (and ${refused.length - 1} more)` : '';
  return `Refused, nothing was changed: ${first === undefined ? '' : describeFinding(first)}${more}`;
}

/** File, line, what is wrong and what to write instead, on one line. */
export function describeFinding(finding: MigrationFinding): string {
  const correction = finding.correction.replace(/\s*\n\s*/g, ' ');
  const advice =
    finding.accepted === undefined ? `Instead: ${correction}` : `Accepted in the file: ${finding.accepted}`;
  return `${finding.file} line ${finding.line}: ${finding.message}. ${advice}`;
}

function filesOf({ inspection }: { inspection: MigrationInspection }): string {
  return count(inspection.toApply.length);
}

function count(files: number): string {
  return files === 1 ? '1 migration' : `${files} migrations`;
}
