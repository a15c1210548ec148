import { createHash } from 'node:crypto';
import { z } from 'zod';
import { parseStored } from './parse-stored.ts';

/** The format that is written; readers accept this one and name a newer one (design §6). */
export const manifestSchemaVersion = 1;

const backupKinds = ['scheduled', 'migration', 'manual'] as const;
/** By a schedule; before a migration; by a person, or before a restore. */
export type BackupKind = (typeof backupKinds)[number];

const verifyLevels = ['restore', 'structure', 'checksum'] as const;
/** How far a backup is proven: restored and compared; structure only; read back and decrypted only. */
export type VerifyLevel = (typeof verifyLevels)[number];

const verification = z.object({
  /** `verified` means restored and compared, and nothing less (traps 31, 32). */
  verdict: z.enum(['verified', 'mismatch', 'could-not-verify']),
  /** What was asked for; absent in manifests of 0.1, which always meant restore. */
  level: z.enum(verifyLevels).optional(),
  /** True when the level that was asked for was reached. */
  sufficient: z.boolean().optional(),
  reasonCode: z.string(),
  message: z.string(),
  /** Differences by name, without values. */
  differences: z.array(z.string()),
  /** In the backup, but not restored for the proof. */
  leftOut: z.array(z.string()),
  remarks: z.array(z.string()),
  /** The scratch server ran under another account than the action. */
  separateUser: z.boolean(),
});

const manifest = z.object({
  schemaVersion: z.literal(manifestSchemaVersion),
  name: z.string(),
  /** Unix seconds. */
  createdAt: z.number(),
  /** Why it was made, which decides how long it is kept; absent in manifests of 0.1. */
  kind: z.enum(backupKinds).optional(),
  /** Name of the environment whose database it holds. */
  environment: z.string().optional(),
  object: z.object({
    file: z.string(),
    bytes: z.number(),
    sha256: z.string(),
    format: z.literal('pg_dump custom'),
    compression: z.literal('zstd'),
    encryption: z.enum(['age', 'gpg']),
  }),
  /** What the database held, encrypted like the dump: names, counts, checksums, roles. */
  contents: z.object({ file: z.string(), bytes: z.number(), sha256: z.string() }).optional(),
  plainBytes: z.number(),
  source: z.object({
    serverVersion: z.string(),
    databaseBytes: z.number(),
    pgDumpVersion: z.string(),
    /** Digest that tells databases apart. */
    identity: z.string().optional(),
    /** Unix seconds of the snapshot, by the server's clock. */
    snapshotAt: z.number().optional(),
    lsn: z.string().optional(),
  }),
  /** Where dump and scratch server came from; absent in manifests of 0.1. */
  programs: z
    .object({
      version: z.string(),
      /** Where they are those of a container image; `digest` is what the registry gave out. */
      image: z.object({ reference: z.string(), digest: z.string() }).optional(),
    })
    .optional(),
  /** What is said of the programs of the dump where they lack security fixes (S32). */
  outdatedTools: z.string().optional(),
  relations: z.number(),
  rows: z.number(),
  tables: z.array(z.object({ name: z.string(), rows: z.number() })),
  /** Tables of the platform that the role could not read. */
  notInBackup: z.array(z.string()),
  /** True where only named tables were asked for. */
  partial: z.boolean().optional(),
  /** What no dump of this database holds, in words. */
  notCovered: z.array(z.string()).optional(),
  /** Unix seconds until which the store keeps it; absent where it does not expire by itself. */
  expiresAt: z.number().optional(),
  /** Fingerprints of the public keys that can open the object. */
  recipients: z.array(z.string()),
  /** What each of those keys alone can open (S27); absent in manifests of 0.1. */
  challenges: z.array(z.object({ recipient: z.string(), sealed: z.string(), answer: z.string() })).optional(),
  destinations: z.array(z.string()),
  verification,
  seconds: z.object({
    dump: z.number(),
    readBack: z.number(),
    restore: z.number(),
    compare: z.number(),
    total: z.number(),
  }),
  /** What a person types to restore it. */
  restoreCommand: z.string(),
});

export type BackupManifest = z.infer<typeof manifest>;
export type Verification = z.infer<typeof verification>;

/** Whether a proof is as good as was asked for; what a migration waits for. Pure. */
export function isSufficient(given: Verification): boolean {
  return given.sufficient ?? given.verdict === 'verified';
}

/** Reads a manifest. @throws Error that names a newer schema version, or what is wrong. */
export function parseManifest(text: string): BackupManifest {
  return parseStored(text, { what: 'the backup manifest', shape: manifest, schemaVersion: manifestSchemaVersion });
}

export function formatManifest(given: BackupManifest): string {
  return `${JSON.stringify(given, undefined, 2)}\n`;
}

/** Size and digest of a manifest's text. Pure. */
export function digestOf(text: string): { bytes: number; sha256: string } {
  return { bytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') };
}

/**
 * Makes the roles that the contents name, without login, and then decrypts, unpacks and restores in one pipe; nothing in plain text
 * touches the disk. Of a role that is there already psql says so and goes on: rights and policies need no more than its name. Pure.
 */
export function restoreCommand(files: { dump: string; contents: string }, encryption: 'age' | 'gpg'): string {
  const decrypt = encryption === 'age' ? 'age --decrypt --identity backup-key.txt' : 'gpg --decrypt';
  const open = (file: string) => `${decrypt} ${file} | zstd --decompress --stdout`;
  const roles = `jq --raw-output '.roles[].name | gsub("\\""; "\\"\\"") | "CREATE ROLE \\"\\(.)\\" NOLOGIN;"'`;
  const target = '--dbname "$TARGET_DATABASE_URL"';
  return `${open(files.contents)} | ${roles} | psql --no-psqlrc --quiet ${target} && ${open(files.dump)} | pg_restore --exit-on-error --no-owner ${target}`;
}
