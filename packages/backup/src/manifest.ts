import { z } from 'zod';

/** The format that is written; readers accept this one and name a newer one (design §6). */
export const manifestSchemaVersion = 1;

const verification = z.object({
  verdict: z.enum(['verified', 'mismatch', 'could-not-verify']),
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
  object: z.object({
    file: z.string(),
    bytes: z.number(),
    sha256: z.string(),
    format: z.literal('pg_dump custom'),
    compression: z.literal('zstd'),
    encryption: z.literal('age'),
  }),
  plainBytes: z.number(),
  source: z.object({ serverVersion: z.string(), databaseBytes: z.number(), pgDumpVersion: z.string() }),
  relations: z.number(),
  rows: z.number(),
  tables: z.array(z.object({ name: z.string(), rows: z.number() })),
  /** Tables of the platform that the role could not read. */
  notInBackup: z.array(z.string()),
  /** Fingerprints of the public keys that can open the object. */
  recipients: z.array(z.string()),
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

/** Reads a manifest. @throws Error that names a newer schema version, or what is wrong. */
export function parseManifest(text: string): BackupManifest {
  const data: unknown = JSON.parse(text);
  const { schemaVersion } = data as { schemaVersion?: unknown };
  if (typeof schemaVersion === 'number' && schemaVersion > manifestSchemaVersion) {
    throw new Error(
      `the backup manifest has schema version ${schemaVersion}; this version reads up to ${manifestSchemaVersion}: use a newer ops-actions`,
    );
  }
  const parsed = manifest.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new Error(`the backup manifest is damaged: ${z.prettifyError(parsed.error)}`);
}

export function formatManifest(given: BackupManifest): string {
  return `${JSON.stringify(given, undefined, 2)}\n`;
}

/** Decrypts, unpacks and restores in one pipe; nothing in plain text touches the disk. */
export function restoreCommand(file: string): string {
  return `age --decrypt --identity backup-key.txt ${file} | zstd --decompress --stdout | pg_restore --exit-on-error --no-owner --dbname "$TARGET_DATABASE_URL"`;
}
