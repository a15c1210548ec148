import type { MigrationFile } from '#postgres/read-migrations';
import type { Finding } from './decide-preflight.ts';

/**
 * Whether the database of staging has every one of these files, with the text that they have now (CHK-08). One query on its
 * history; changes nothing. A staging that does not answer, or does not let us read, has tested nothing. @throws the abort reason.
 */
export async function compareStaging(
  url: string,
  files: readonly MigrationFile[],
  { signal, tlsReason }: { signal?: AbortSignal | undefined; tlsReason?: string | undefined },
): Promise<Finding[]> {
  if (files.length === 0) return [];
  const [
    { connect },
    { weakConnection },
    { databaseErrorFacts },
    { readAppliedTexts, readMigrationHistory },
    { findEdited },
  ] = await Promise.all([
    import('#postgres/connection'),
    import('#postgres/database-url'),
    import('#postgres/database-error'),
    import('#postgres/migration-history'),
    import('#postgres/edited-files'),
  ]);
  try {
    const weak = weakConnection(url, tlsReason).map((text): Finding => {
      return { code: 'staging_connection_weak', severity: 'warning', message: `the database of staging: ${text}` };
    });
    const connection = await connect(url, {
      applicationName: 'ops-actions preflight',
      statementTimeoutMs: 15_000,
      ...(signal === undefined ? {} : { signal }),
    });
    try {
      const { applied } = await readMigrationHistory(connection);
      const versions = new Set(applied.map(({ version }) => version));
      const there = files.filter(({ version }) => versions.has(version));
      const edited = await findEdited(there, applied, (some) => readAppliedTexts(connection, some));
      const missing = files.filter((file) => !there.includes(file));
      return [...weak, ...judge(missing, edited)];
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (signal?.aborted === true) throw error;
    const { message } = databaseErrorFacts(error);
    return [{ code: 'staging_not_compared', severity: 'refuse', message: `the database of staging: ${message}` }];
  }
}

/** Nobody knows beforehand which files a command of the consumer's own would apply. Pure. */
export function stagingWithCommand(command: string): Finding {
  return {
    code: 'staging_not_compared',
    severity: 'refuse',
    message: `staging-database-url compares the files that are pending, and "${command}" (database.command) migrates instead of them: nothing can be compared`,
    fix: 'leave out staging-database-url (STAGING_DATABASE_URL); release.requires-passed says whether this commit has passed on staging',
  };
}

function judge(missing: readonly MigrationFile[], edited: readonly MigrationFile[]): Finding[] {
  const names = (files: readonly MigrationFile[]) => files.map(({ file }) => file).join(', ');
  const findings: Finding[] = [];
  if (missing.length > 0) {
    findings.push({
      code: 'not_on_staging',
      severity: 'refuse',
      message: `the history of staging's database does not have ${names(missing)}`,
      fix: 'apply them on staging first, look at it, then release',
    });
  }
  if (edited.length > 0) {
    findings.push({
      code: 'other_text_on_staging',
      severity: 'refuse',
      message: `staging was migrated with another text of ${names(edited)}`,
      fix: 'restore the text that staging has, and put the change into a new migration',
    });
  }
  return findings;
}
