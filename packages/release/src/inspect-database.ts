import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { MigrationFinding } from '#postgres/classify-migrations';
import type { DatabaseConnection } from '#postgres/connection';
import type { BlockLimits } from '#postgres/judge-size';
import { checkRestorePoint, type RestorePointRequest } from './check-restore-point.ts';
import { compareStaging, stagingWithCommand } from './compare-staging.ts';
import { decideForetold } from './decide-foretold.ts';
import type { Finding } from './decide-preflight.ts';
import { decideRowSecurity } from './decide-row-security.ts';
import { isLeftToAPerson, leftToAPerson, notApproved } from './left-to-a-person.ts';
import { lostCritical } from './lost-critical.ts';
import { type ApprovalPort, approvalOf, approvalOfCommand, type MigrationApproval } from './migration-approval.ts';
import { toFinding } from './migration-finding.ts';

export interface DatabaseInspection {
  database: 'configured' | 'not-configured';
  /** Versions that this release would apply. */
  toApply: string[];
  /** Versions in the history; empty where a tool of one's own keeps it. */
  applied: readonly string[];
  /** Files that wait for a later release, because running code needs what they remove, or behind such a file. */
  held: string[];
  /** The consumer's own command, which migrates instead of files: nobody knows beforehand whether it changes anything. */
  command?: string | undefined;
  findings: Finding[];
  /** Every remark about the pending files, with file, line, statement and correction. */
  migrations: MigrationFinding[];
  /** What the connection string gives up of its protection, and why (S30). */
  weakening?: string | undefined;
}

export interface DatabaseRequest extends RestorePointRequest {
  url?: string | undefined;
  /** The Supabase project that the connection has to lead to; undefined: any. */
  project?: string | undefined;
  /** Why the connection may be weaker than verify-full (S30). */
  tlsReason?: string | undefined;
  /** The address to use instead of `url`, which is right and may not be reachable from here. */
  resolve?: ((url: string) => Promise<string>) | undefined;
  /** Folder of the migrations, relative to the workspace; undefined: the default. */
  migrations?: string | undefined;
  /** The consumer's own command, which migrates instead of the files. */
  command?: string | undefined;
  /** What tells whether the command did its work. */
  verifyCommand?: string | undefined;
  /** Who applies; anything but `automatic` (the default) refuses what is due. */
  apply?: 'automatic' | 'approve' | 'manual' | undefined;
  /** Who was asked, where it is `approve`, and what GitHub says of that. */
  approval?: (MigrationApproval & { port: ApprovalPort | undefined }) | undefined;
  /** Of the checkout. */
  commit?: string | undefined;
  workspace: string;
  /** How large a table may be that a migration blocks. */
  limits: BlockLimits;
  /** Files that sort before an applied one are applied, not refused. */
  includeAll: boolean;
  /** Whether a pending file needs rollback SQL; default `optional`. */
  wayBack?: 'required' | 'optional' | 'ignored' | undefined;
  /** Database of staging, which has to have every file that is applied here; undefined: nobody compares. */
  stagingUrl?: string | undefined;
  /** Files that no code may go live without. */
  critical?: readonly string[] | undefined;
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

const nothing = { toApply: [], applied: [], held: [], migrations: [] };

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
    const url = (await request.resolve?.(request.url)) ?? request.url;
    const connection = await connect(url, {
      applicationName: 'ops-actions preflight',
      statementTimeoutMs: 15_000,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    return await inspectConnected(request, connection).finally(() => connection.close());
  } catch (error) {
    const { name, message, reasonCode } = error as Error & { reasonCode?: string };
    const code =
      reasonsByName[name] ?? (name === 'DatabaseTargetError' || name === 'SupabaseError' ? reasonCode : undefined);
    if (code === undefined) throw error;
    return { ...nothing, database: 'configured', findings: [{ code, severity: 'refuse', message }] };
  }
}

/** Of errors of the database's side; its modules are loaded late. */
const reasonsByName: Record<string, string> = {
  DatabaseUrlError: 'bad_database_url',
  DatabaseUnreachable: 'database_unreachable',
  ConnectionSilent: 'connection_silent',
};

async function inspectConnected(
  request: DatabaseRequest & { url: string; directory: string },
  connection: DatabaseConnection,
): Promise<DatabaseInspection> {
  const { limits, includeAll, command, critical, wayBack: required } = request;
  const [{ openTables }, { weakTls }] = await Promise.all([
    import('#postgres/row-security'),
    import('#postgres/database-url'),
  ]);
  const [weakening] = weakTls(request.url, request.tlsReason);
  const rows = decideRowSecurity(await openTables(connection), request.rowSecurity);
  if (command !== undefined) {
    // Left to a person, a release runs nothing, so that it needs no restore point either.
    const missing = await notApproved(request, approvalOfCommand(command, request.commit ?? ''));
    const own = !isLeftToAPerson(request) && missing.length === 0;
    const findings = own ? await checkRestorePoint(request, connection, 'a migration command is configured') : missing;
    const lost = await lostCritical({ ...request, command }, connection, own);
    const staging = request.stagingUrl === undefined ? [] : [stagingWithCommand(command)];
    const found = [...findings, ...staging, ...lost, ...rows];
    return { ...nothing, database: 'configured', command, findings: found, weakening };
  }
  const [{ inspectDatabase: inspect }, { forwardFixOnly }] = await Promise.all([
    import('#postgres/inspect-database'),
    import('#postgres/inspect-migrations'),
  ]);
  const inspection = await inspect(connection, request.directory, {
    ...{ limits, includeAll, critical },
    wayBack: required,
  });
  // A backup is made where files are applied: held ones need none.
  const due = inspection.toApply.length > 0;
  const forward = required === 'ignored' ? undefined : forwardFixOnly(inspection);
  const { stagingUrl } = request;
  const staging = stagingUrl === undefined ? [] : await compareStaging(stagingUrl, inspection.toApply, request);
  const message = `way back of the database: ${forward}`;
  const wayBack: Finding[] = forward === undefined ? [] : [{ code: 'forward_fix_only', severity: 'notice', message }];
  const foretold = decideForetold(inspection.foretold, request.rowSecurity);
  const byHand = !due
    ? []
    : isLeftToAPerson(request)
      ? [await leftToAPerson(request, inspection)]
      : await notApproved(request, approvalOf(inspection));
  const backup =
    due && byHand.length === 0 ? await checkRestorePoint(request, connection, 'migrations are pending') : [];
  return {
    database: 'configured',
    toApply: inspection.toApply.map((file) => file.version),
    applied: inspection.applied,
    held: inspection.held.map((file) => file.file),
    findings: [
      ...inspection.findings.map(toFinding),
      ...foretold,
      ...staging,
      ...wayBack,
      ...byHand,
      ...backup,
      ...rows,
    ],
    migrations: inspection.findings,
    weakening,
  };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
