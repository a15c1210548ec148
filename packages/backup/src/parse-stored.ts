import { z } from 'zod';
import { BackupFailed } from './backup-error.ts';

/** A JSON document beside or in a backup. */
export interface StoredShape<Shape extends z.ZodType> {
  /** Begins the message: `the manifest`. */
  what: string;
  shape: Shape;
  /** The newest that is understood. */
  schemaVersion: number;
  /** It holds what no message may show: then only the places of what is wrong are told. */
  secret?: boolean;
}

/** Reads such a document. @throws BackupFailed `destination_failed` that names a newer schema version, or what is wrong. */
export function parseStored<Shape extends z.ZodType>(text: string, given: StoredShape<Shape>): z.infer<Shape> {
  const { what, shape, schemaVersion, secret = false } = given;
  const wrong = (why: string) => new BackupFailed('destination_failed', `${what} cannot be used: ${why}`);
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw wrong('it is no JSON');
  }
  const version = (data as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (typeof version === 'number' && version > schemaVersion)
    throw wrong(`it has schema version ${version}, this version reads up to ${schemaVersion}: use a newer ops-actions`);
  const parsed = shape.safeParse(data);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.slice(0, 3).map(({ path }) => path.join('.'));
  throw wrong(secret ? places.join(', ') : z.prettifyError(parsed.error));
}
