import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { MigrationFinding } from '#postgres/classify-migrations';
import type { DatabaseConnection } from '#postgres/connection';
import type { MigrationInspection } from '#postgres/inspect-migrations';
import type { BlockLimits } from '#postgres/judge-size';
import { commandLine } from './command-line.ts';
import type { Finding } from './decide-preflight.ts';
import { decideRowSecurity } from './decide-row-security.ts';

export interface DatabaseInspection {
  database: 'configured' | 'not-configured';
  /** Versions that this release would apply. */
  toApply: string[];
  /** Files that wait for a later release, because running code needs what they remove, or behind such a file. */
  held: string[];
  /** The consumer's own command, which migrates instead of files: nobody knows beforehand whether it changes anything. */
  command?: string | undefined;
  findings: Finding[];
  /** Every remark about the pending files, with file, line, statement and correction. */
  migrations: MigrationFinding[];
  /** What the connection string gives up of its protection (S30). */
  weakening?: string | undefined;
}

export interface DatabaseRequest {
  url?: string | undefined;
  /** The Supabase project that the connection has to lead to; undefined: any. */
  project?: string | undefined;
  /** Folder of the migrations, relative to the workspace; undefined: the default. */
  migrations?: string | undefined;
  /** The consumer's own command, which migrates instead of the files. */
  command?: string | undefined;
  /** Who applies; anything but `automatic` (the default) refuses what is due. */
  apply?: 'automatic' | 'approve' | 'manual' | undefined;
  workspace: string;
  /** Public keys, of age or OpenPGP. */
  recipients: readonly string[];
  /** False where a throw-away environment goes without a backup. */
  backupNeeded: boolean;
  /** How large a table may be that a migration blocks. */
  limits: BlockLimits;
  /** Files that sort before an applied one are applied, not refused. */
  includeAll: boolean;
  /** Whether a pending file needs rollback SQL; default `optional`. */
  wayBack?: 'required' | 'optional' | 'ignored' | undefined;
  /** Tables that are open to visitors: refused or told, except those named. */
  rowSecurity?: { refuse: boolean; except: readonly string[] } | undefined;
  signal?: AbortSignal | undefined;
}

export const defaultFolder = 'supabase/migrations';

/** What the migrations of this commit would do, and whether they could be applied and backed up. Changes nothing. */
export async function inspectDatabase(request: DatabaseRequest): Promise<DatabaseInspection> {
  const folder = request.migrations ?? defaultFolder;
  const directory = isAbsolute(folder) ? folder : join(request.workspace, folder);
  const present = await isFolder(directory);
  const { command } = request;
  if (command === undefined && !present && request.migrations !== undefined) {
    return {
      ...nothing,
      database: 'configured',
      findings: [
        {
          code: 'migrations_missing',
          severity: 'refuse',
          message: `the migrations folder ${folder} is not in the checkout`,
          fix: 'check out the repository before this step, or correct database.migrations in ops.yml',
        },
      ],
    };
  }
  if (request.url === undefined) {
    if (command === undefined && !present) return { ...nothing, database: 'not-configured', findings: [] };
    const what = command === undefined ? `a migrations folder (${folder})` : `a migration command (${command})`;
    return {
      ...nothing,
      database: 'configured',
      findings: [
        {
          code: 'database_url_missing',
          severity: 'refuse',
          message: `there is ${what} but no connection to the database, so nobody knows what is pending`,
          fix: 'store the session pooler’s connection string as DATABASE_URL and pass it as database-url',
        },
      ],
    };
  }
  if (command === undefined && !present)
    return { ...nothing, database: 'not-configured', findings: [noFolder(folder)] };
  return await inspectPending({ ...request, url: request.url, directory });
}

const nothing = { toApply: [], held: [], migrations: [] };

function noFolder(folder: string): Finding {
  return {
    code: 'no_migrations_folder',
    severity: 'notice',
    message: `a database is given but ${folder} is not in the checkout: no migration will run`,
  };
}

async function inspectPending(
  request: DatabaseRequest & { url: string; directory: string },
): Promise<DatabaseInspection> {
  // Loaded only here: a release without a database does not pay for the driver and the parser.
  const [{ connect }, { wrongProject }, { parseDatabaseUrl }] = await Promise.all([
    import('#postgres/connection'),
    import('#postgres/database-project'),
    import('#postgres/database-url'),
  ]);
  try {
    const wrong = wrongProject(parseDatabaseUrl(request.url), request.project);
    if (wrong !== undefined) {
      const fix = 'correct the secret DATABASE_URL of this environment, or supabase.project in ops.yml';
      const finding: Finding = { code: 'wrong_project', severity: 'refuse', message: `DATABASE_URL ${wrong}`, fix };
      return { ...nothing, database: 'configured', findings: [finding] };
    }
    const connection = await connect(request.url, {
      applicationName: 'ops-actions preflight',
      statementTimeoutMs: 15_000,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    return await inspectConnected(request, connection).finally(() => connection.close());
  } catch (error) {
    const { name, message } = error as Error;
    if (name !== 'DatabaseUnreachable' && name !== 'DatabaseUrlError') throw error;
    const code = name === 'DatabaseUrlError' ? 'bad_database_url' : 'database_unreachable';
    return { ...nothing, database: 'configured', findings: [{ code, severity: 'refuse', message }] };
  }
}

async function inspectConnected(
  request: DatabaseRequest & { url: string; directory: string },
  connection: DatabaseConnection,
): Promise<DatabaseInspection> {
  const { limits, includeAll, command, wayBack: required } = request;
  const { weakening } = connection.settings;
  const { openTables } = await import('#postgres/row-security');
  const rows = decideRowSecurity(await openTables(connection), request.rowSecurity);
  if (command !== undefined) {
    // Left to a person, a release runs nothing, so that it needs no restore point either.
    const own = (request.apply ?? 'automatic') === 'automatic';
    const findings = own ? await checkBackup(request, connection, 'a migration command is configured') : [];
    return { ...nothing, database: 'configured', command, findings: [...findings, ...rows], weakening };
  }
  const [{ inspectDatabase: inspect }, { forwardFixOnly }] = await Promise.all([
    import('#postgres/inspect-database'),
    import('#postgres/inspect-migrations'),
  ]);
  const inspection = await inspect(connection, request.directory, { limits, includeAll, wayBack: required });
  // A backup is made where files are applied: held ones need none.
  const due = inspection.toApply.length > 0;
  const forward = required === 'ignored' ? undefined : forwardFixOnly(inspection);
  const message = `way back of the database: ${forward}`;
  const wayBack: Finding[] = forward === undefined ? [] : [{ code: 'forward_fix_only', severity: 'notice', message }];
  const byHand = due && (request.apply ?? 'automatic') !== 'automatic' ? [leftToAPerson(request, inspection)] : [];
  const backup = due && byHand.length === 0 ? await checkBackup(request, connection, 'migrations are pending') : [];
  return {
    database: 'configured',
    toApply: inspection.toApply.map((file) => file.version),
    held: inspection.held.map((file) => file.file),
    findings: [...inspection.findings.map(toFinding), ...wayBack, ...byHand, ...backup, ...rows],
    migrations: inspection.findings,
    weakening,
  };
}

/** The migration step of the release would refuse as well; said here nothing has been announced yet. */
function leftToAPerson(request: DatabaseRequest, { toApply }: MigrationInspection): Finding {
  const files = toApply.map(({ file }) => file).join(', ');
  return {
    code: 'applied_by_hand',
    severity: 'refuse',
    message: `database.apply is ${request.apply}, and these migrations were not applied yet: ${files}`,
    fix: 'run migrate-with-backup by hand for this environment, then release',
  };
}

/** A remark about a migration file, as a finding of the preflight. Pure. */
export function toFinding(finding: MigrationFinding): Finding {
  const statement = finding.statement === '' ? '' : `: ${finding.statement}`;
  return {
    code: 'unsafe_migration',
    severity: finding.severity === 'refuse' ? 'refuse' : 'warning',
    message: `${finding.file} line ${finding.line} (${finding.rule}) ${finding.message}${statement}`,
    fix: finding.accepted === undefined ? finding.correction : `accepted in the file: ${finding.accepted}`,
  };
}

/**
 * A restore point must be possible before anything is touched: recipients, pg_dump of the server's own major (trap 10), and the
 * extensions without which the backup would not restore here.
 */
async function checkBackup(request: DatabaseRequest, connection: DatabaseConnection, why: string): Promise<Finding[]> {
  if (!request.backupNeeded) return [];
  const major = Math.floor(connection.serverVersion / 10_000);
  const findings: Finding[] = [];
  if (request.recipients.length === 0) {
    findings.push({
      code: 'age_recipients_missing',
      severity: 'refuse',
      message: `${why} and no age public key is given, so the backup could not be encrypted`,
      fix: `pass age-recipients (made by \`${commandLine('init')}\`, or age-keygen), or gpg-recipients`,
    });
  }
  const [{ findPostgres }, { missingExtensions }] = await Promise.all([
    import('#backup/find-postgres'),
    import('#backup/missing-extensions'),
  ]);
  try {
    const binaries = await findPostgres({ major, server: true });
    for (const { reasonCode, message, installLine } of await missingExtensions(connection, binaries)) {
      const fix = `before this step run \`${installLine}\`, and the same before the migration where that is another job`;
      findings.push({ code: reasonCode, severity: 'refuse', message, fix });
    }
  } catch (error) {
    const { message, reasonCode } = error as { message: string; reasonCode?: string };
    if (reasonCode !== 'postgres_tools_missing') throw error;
    findings.push({
      code: reasonCode,
      severity: 'refuse',
      message,
      fix: `add postgres-major: '${major}' to the inputs of the reusable workflow; in a job of your own the step actions/setup-postgres with major: ${major} before deploy`,
    });
  }
  return findings;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
