import { z } from 'zod';

/** How far a verdict may go by itself. */
export const releaseModes = ['observe', 'notify', 'approve', 'auto'] as const;
export type ReleaseMode = (typeof releaseModes)[number];

/** How an environment exists on Vercel (design §5); only `production` is ever promoted or rolled back. */
export const environmentKinds = ['production', 'custom-environment', 'alias'] as const;
export type EnvironmentKind = (typeof environmentKinds)[number];

const targetSchema = z.object({
  deploymentId: z.string().min(1),
  version: z.string().optional(),
  commit: z.string().optional(),
  /** Host of the deployment, without scheme. */
  url: z.string().optional(),
  /** True when only Vercel's own history proposes it: no release of ours ever proved it. */
  adopted: z.boolean(),
  /** Why nobody judged it while it was live, where it is taken only because nothing judged is known. */
  unjudged: z.string().optional(),
  /** Deployments of the further apps that go with it, by name. */
  apps: z.record(z.string(), z.string()).optional(),
});

/** The deployment to go back to, recorded before a release starts (trap 1). */
export type RollbackTarget = z.infer<typeof targetSchema>;

const handleSchema = z.object({
  schemaVersion: z.literal(1),
  key: z.string().min(1),
  environment: z.string().min(1),
  production: z.boolean(),
  as: z.enum(environmentKinds),
  /** Host that is re-aliased where `as` is not `production`. */
  host: z.string().optional(),
  /** Id of the GitHub Deployment that is this release's record; for a rollback by hand that of its lock, 0 when there is none. */
  ledgerId: z.number().int().nonnegative(),
  repository: z.string(),
  runId: z.number().int(),
  runUrl: z.string().optional(),
  actor: z.string().optional(),
  commit: z.string(),
  treeSha: z.string().optional(),
  version: z.string(),
  /** Milliseconds since the epoch, by GitHub's clock. */
  openedAt: z.number(),
  rollbackTarget: targetSchema.optional(),
  /** Original value of the project's autoAssignCustomDomains: a promotion switches it on (trap 2). */
  autoAssign: z.boolean(),
  /** Public address of the environment, with scheme. */
  url: z.string(),
  slack: z.object({ channel: z.string(), ts: z.string() }).optional(),
  mode: z.enum(releaseModes),
  /** Rules that the workflow file relaxes for this release, in words (S11). */
  weakenings: z.array(z.string()).optional(),
  /** The project has never had a production deployment: the first one is live at once. */
  firstDeployment: z.boolean(),
  /** The way back is rehearsed: the watch is told errors that nobody had. Never of production. */
  rehearsal: z.boolean().optional(),
});

/** What travels between the steps of one release as input and output `release`. */
export type ReleaseHandle = z.infer<typeof handleSchema>;

/** The text given as `release` is none of ours, or of a version that this one does not read. */
export class ReleaseHandleError extends Error {
  readonly reasonCode = 'bad_release_handle';
  constructor(message: string) {
    super(message);
    this.name = 'ReleaseHandleError';
  }
}

/** The release key (S6): the same for every attempt of one run. */
export function releaseKey(given: { repositoryId: number | string; environment: string; runId: number }): string {
  return `${given.repositoryId}:${given.environment}:${given.runId}`;
}

/** GitHub re-runs a run for 30 days. */
const rerunLimitMs = 31 * 24 * 60 * 60 * 1000;

/** When the first attempt of a run can have begun, at the earliest: what it left behind is not older. Milliseconds. Pure. */
export function earliestStart(context: { runAttempt: number }, openedAt: number): number {
  return context.runAttempt > 1 ? openedAt - rerunLimitMs : openedAt;
}

/** Run id inside a release key; undefined for a key that is none of ours. */
export function runIdOfKey(key: string): number | undefined {
  const match = /^[^:]*:.+:(\d+)$/.exec(key);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

export function formatReleaseHandle(handle: ReleaseHandle): string {
  return JSON.stringify(handle);
}

/** @throws ReleaseHandleError naming what is wrong. */
export function parseReleaseHandle(text: string): ReleaseHandle {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw new ReleaseHandleError(
      'input release is not JSON: pass the output `release` of the preflight step unchanged',
    );
  }
  const version = (data as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (typeof version === 'number' && version > 1) {
    throw new ReleaseHandleError(
      `input release has schemaVersion ${version}, this version reads 1: pin all ops-actions steps to one version`,
    );
  }
  const parsed = handleSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`);
  throw new ReleaseHandleError(`input release cannot be used: ${problems.join('; ')}`);
}
