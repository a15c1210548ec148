import { z } from 'zod';
import { parseStored } from '#backup/parse-stored';
import type { EdgeFunction } from '#supabase/function-types';
import type { SecretName } from '#supabase/secret-names';
import { nameOf } from '#vercel/plan-variables-back';
import type { ProjectVariable } from '#vercel/project-variables';

const schemaVersion = 1;

const snapshot = z.object({
  schemaVersion: z.literal(schemaVersion),
  /** Unix seconds. */
  readAt: z.number(),
  vercel: z
    .object({
      project: z.object({ id: z.string(), name: z.string() }),
      variables: z.array(
        z.object({
          id: z.string(),
          key: z.string(),
          type: z.string(),
          target: z.array(z.string()),
          gitBranch: z.string().optional(),
          customEnvironmentIds: z.array(z.string()),
          comment: z.string().optional(),
          value: z.string().optional(),
        }),
      ),
    })
    .optional(),
  supabase: z
    .object({
      project: z.string(),
      secrets: z.array(z.object({ name: z.string(), digest: z.string() })),
      functions: z.array(
        z.object({
          slug: z.string(),
          version: z.number(),
          verifyJwt: z.boolean().optional(),
          bundleSha256: z.string().optional(),
        }),
      ),
    })
    .optional(),
});

/** The configuration of one environment: what no dump and no git repository holds. */
export type ConfigurationSnapshot = z.infer<typeof snapshot>;

/** What was read, in one document. Pure. */
export function takeSnapshot(given: {
  /** Unix seconds. */
  readAt: number;
  vercel?: { project: { id: string; name: string }; variables: readonly ProjectVariable[] } | undefined;
  supabase?: { project: string; secrets: readonly SecretName[]; functions: readonly EdgeFunction[] } | undefined;
}): ConfigurationSnapshot {
  const { vercel, supabase } = given;
  return {
    schemaVersion,
    readAt: given.readAt,
    ...(vercel === undefined ? {} : { vercel: { project: vercel.project, variables: [...vercel.variables] } }),
    ...(supabase === undefined
      ? {}
      : {
          supabase: {
            project: supabase.project,
            secrets: [...supabase.secrets],
            functions: supabase.functions.map(({ slug, version, verifyJwt, bundleSha256 }) => ({
              ...{ slug, version },
              ...(verifyJwt === undefined ? {} : { verifyJwt }),
              ...(bundleSha256 === undefined ? {} : { bundleSha256 }),
            })),
          },
        }),
  };
}

export function formatSnapshot(given: ConfigurationSnapshot): string {
  return `${JSON.stringify(given, undefined, 2)}\n`;
}

/** @throws BackupFailed `destination_failed` that names a newer schema version, or which field is wrong, and no value. */
export function parseSnapshot(text: string): ConfigurationSnapshot {
  return parseStored(text, { what: 'the saved configuration', shape: snapshot, schemaVersion, secret: true });
}

/** How much of what is in it, for the manifest. Pure. */
export function countsOf({ vercel, supabase }: ConfigurationSnapshot): Record<string, number> {
  const unread = vercel?.variables.filter(({ value }) => value === undefined).length;
  return {
    ...(vercel === undefined ? {} : { variables: vercel.variables.length, variablesWithoutValue: unread ?? 0 }),
    ...(supabase === undefined ? {} : { secretNames: supabase.secrets.length, functions: supabase.functions.length }),
  };
}

/** What nobody can put back from it, by name: people have to have it elsewhere. Pure. */
export function notCoveredBy({ vercel, supabase }: ConfigurationSnapshot): string[] {
  const unread = (vercel?.variables ?? []).filter(({ value, type }) => value === undefined && type !== 'system');
  return [
    ...unread.map(
      (variable) => `value of ${nameOf(variable as ProjectVariable)}: ${variable.type}, Vercel does not give it`,
    ),
    ...(supabase?.secrets ?? []).map(({ name }) => `value of the Supabase secret ${name}: only its digest is given`),
  ];
}
