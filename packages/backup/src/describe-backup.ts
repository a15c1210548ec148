import type { Challenge } from './challenges.ts';
import type { BackupDestination } from './destination.ts';
import type { Encryption } from './encryption.ts';
import type { PostgresBinaries } from './find-postgres.ts';
import { type BackupKind, type BackupManifest, manifestSchemaVersion, restoreCommand } from './manifest.ts';
import { describeOutdated } from './security-minor.ts';
import type { SourceSnapshot } from './source-snapshot.ts';
import type { StoredBackup } from './store-backup.ts';
import type { VerifyResult } from './verify-backup.ts';

/** The manifest of a backup. Pure. */
export function describeBackup(given: {
  name: string;
  /** Unix seconds. */
  createdAt: number;
  kind: BackupKind;
  environment?: string;
  source: SourceSnapshot;
  binaries: PostgresBinaries;
  encryption: Encryption;
  challenges: Challenge[];
  destinations: readonly BackupDestination[];
  files: { dump: string; contents: string };
  stored: StoredBackup;
  verification: VerifyResult;
  totalsOnly: boolean;
  times: { dump: number; total: number };
}): BackupManifest {
  const { source, binaries, encryption, destinations, files, stored, totalsOnly } = given;
  const { seconds, ...verification } = given.verification;
  const { contents } = stored;
  const outdated = describeOutdated(binaries);
  const expiry = destinations.map((destination) => destination.expiresAt?.(given.createdAt));
  // It is there as long as one of them keeps it.
  const expires = expiry.includes(undefined) ? undefined : Math.max(...(expiry as number[]));
  return {
    schemaVersion: manifestSchemaVersion,
    name: given.name,
    createdAt: given.createdAt,
    kind: given.kind,
    ...(given.environment === undefined ? {} : { environment: given.environment }),
    object: {
      file: files.dump,
      bytes: stored.dump.bytes,
      sha256: stored.dump.sha256(),
      format: 'pg_dump custom',
      compression: 'zstd',
      encryption: encryption.kind,
    },
    contents: { file: files.contents, bytes: stored.contentsFile.bytes, sha256: stored.contentsFile.sha256() },
    plainBytes: stored.plain.bytes,
    source: {
      serverVersion: source.version,
      databaseBytes: source.databaseBytes,
      pgDumpVersion: binaries.version,
      identity: source.identity,
      snapshotAt: source.snapshotAt,
      lsn: source.lsn,
    },
    programs: {
      version: binaries.version,
      ...(binaries.image === undefined
        ? {}
        : { image: { reference: binaries.image.reference, digest: binaries.image.digest } }),
    },
    ...(outdated === undefined ? {} : { outdatedTools: outdated }),
    relations: contents.relations.length,
    rows: contents.tables.reduce((sum, table) => sum + table.rows, 0),
    tables: totalsOnly ? [] : contents.tables.map(({ name, rows }) => ({ name, rows })),
    notInBackup: totalsOnly ? [] : source.unreadable,
    ...(source.selected ? { partial: true } : {}),
    notCovered: notCovered(source),
    ...(expires === undefined ? {} : { expiresAt: expires }),
    recipients: encryption.fingerprints,
    challenges: given.challenges,
    destinations: destinations.map((destination) => destination.description),
    verification: totalsOnly ? withoutNames(verification) : verification,
    seconds: { ...seconds, ...given.times },
    restoreCommand: restoreCommand(files, encryption.kind),
  };
}

/** What became of the proof, for strangers: no table, no extension, no word of PostgreSQL's programs, no number of rows. Pure. */
export function withoutNames<Proof extends Omit<VerifyResult, 'seconds'>>(proof: Proof): Proof {
  const { differences, verdict, reasonCode } = proof;
  return {
    ...proof,
    ...(verdict === 'could-not-verify' && {
      message: `could not be proven (${reasonCode}); the log of the run says why`,
    }),
    ...(differences.length > 0 && {
      message: `the restored copy differs from the source in ${differences.length} places, which are not named where strangers may look`,
    }),
    ...{ differences: [], leftOut: [], remarks: [] },
  };
}

/** What a dump cannot hold. Pure. */
export function notCovered(source: Pick<SourceSnapshot, 'schemas' | 'unreadable' | 'selected'>): string[] {
  const has = (schema: string) => source.schemas.includes(schema);
  return [
    'passwords of roles',
    ...(has('storage') ? ['the bytes of storage objects (their names and owners are rows of the schema storage)'] : []),
    ...(has('vault') || has('pgsodium') ? ['vault secrets in clear text: their key stays with the platform'] : []),
    ...(source.unreadable.length > 0 ? [`${source.unreadable.length} tables that the platform keeps to itself`] : []),
    ...(source.selected
      ? [
          'every table that was not asked for',
          'types, functions and schemas that the tables need: restore into a database that has them, not into an empty database',
        ]
      : []),
  ];
}
