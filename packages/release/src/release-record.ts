import type { DeploymentStatus, GitHubDeployment } from '#github/client';
import { cleanText } from '#http/text';
import {
  type EnvironmentKind,
  environmentKinds,
  type ReleaseMode,
  type RollbackTarget,
  releaseModes,
} from './release-handle.ts';

/** Task of every GitHub Deployment that is a release of ours; Deployments of other tools are ignored. */
export const ledgerTask = 'ops-actions';

/** Newest payload schema that this version writes and reads. */
export const ledgerSchemaVersion = 1;

/** What is known before anything is changed; a payload cannot be changed later (S5). */
export interface LedgerPayload {
  schemaVersion: number;
  key: string;
  runId: number;
  commit: string;
  treeSha?: string | undefined;
  version: string;
  as: EnvironmentKind;
  projectId?: string | undefined;
  rollbackTarget?: RollbackTarget | undefined;
  autoAssign: boolean;
  mode: ReleaseMode;
  firstDeployment: boolean;
  /** A release that is there to be taken back. */
  rehearsal?: boolean | undefined;
}

/** One appended status: `ops:<step>:<intent|outcome>:<word> <text>`. */
export interface LedgerFact {
  step: string;
  kind: 'intent' | 'outcome';
  word: string;
  text: string;
  /** Milliseconds since the epoch, by GitHub's clock. */
  at: number;
}

/** A release as its ledger entry tells it. Vercel and Postgres win where they disagree (S5). */
export interface ReleaseRecord {
  id: number;
  environment: string;
  key: string;
  runId: number;
  commit: string;
  treeSha?: string | undefined;
  version: string;
  openedAt: number;
  as: EnvironmentKind;
  projectId?: string | undefined;
  rollbackTarget?: RollbackTarget | undefined;
  autoAssign?: boolean | undefined;
  mode: ReleaseMode;
  firstDeployment: boolean;
  /** A release that is there to be taken back. */
  rehearsal?: true | undefined;
  /** Set when the entry was written by a newer major than this version reads. */
  newerSchema?: number | undefined;
  deploymentId?: string | undefined;
  /** `none` until the intent was written. */
  promotion: 'none' | 'intended' | 'promoted' | 'failed';
  promotedAt?: number | undefined;
  rolledBack: boolean;
  /** Last decision of the release; absent while it runs or when it was opened again by a later attempt. */
  decision?: string | undefined;
  reason?: string | undefined;
  closedAt?: number | undefined;
  /** Production was left on it without a verdict: never a rollback target until proven (S7). */
  unwatched: boolean;
  slack?: { channel: string; ts: string } | undefined;
  facts: LedgerFact[];
}

const factPattern = /^ops:([a-z][a-z-]*):(intent|outcome):(\S+)(?: ([\s\S]*))?$/;

/** Undefined for a status that is none of ours. */
export function parseFact(description: string, at: number): LedgerFact | undefined {
  const match = factPattern.exec(description);
  if (match === null) return undefined;
  const [, step = '', kind = '', word = '', text = ''] = match;
  return { step, kind: kind as LedgerFact['kind'], word, text, at };
}

/** GitHub's limit for the description of a status. */
export const descriptionLimit = 140;

export function formatFact(step: string, kind: LedgerFact['kind'], word: string, text = ''): string {
  const head = `ops:${step}:${kind}:${cleanText(word).replaceAll(/\s+/g, '-')}`;
  const full = text === '' ? head : `${head} ${cleanText(text).replaceAll(/\s+/g, ' ')}`;
  return full.length <= descriptionLimit ? full : `${full.slice(0, descriptionLimit - 1)}…`;
}

/** What could be read of a payload; every field but the key may be missing. */
export type ReadPayload = { [Field in keyof LedgerPayload]?: LedgerPayload[Field] | undefined } & { key: string };

/** Reads whatever a payload says, field by field: the way back may depend on one field of it. Undefined when it has no key. */
export function readLedgerPayload(payload: unknown): ReadPayload | undefined {
  const data = asObject(payload);
  const key = textOf(data.key);
  if (key === undefined) return undefined;
  const target = asObject(data.rollbackTarget);
  const targetId = textOf(target.deploymentId);
  return {
    key,
    schemaVersion: numberOf(data.schemaVersion),
    runId: numberOf(data.runId),
    commit: textOf(data.commit),
    treeSha: textOf(data.treeSha),
    version: textOf(data.version),
    as: environmentKinds.find((kind) => kind === data.as),
    projectId: textOf(data.projectId),
    rollbackTarget:
      targetId === undefined
        ? undefined
        : {
            deploymentId: targetId,
            version: textOf(target.version),
            commit: textOf(target.commit),
            url: textOf(target.url),
            adopted: target.adopted === true,
            ...(textOf(target.unjudged) === undefined ? {} : { unjudged: textOf(target.unjudged) }),
            ...(appsOf(target.apps) === undefined ? {} : { apps: appsOf(target.apps) }),
          },
    autoAssign: booleanOf(data.autoAssign),
    mode: releaseModes.find((mode) => mode === data.mode),
    firstDeployment: booleanOf(data.firstDeployment),
    rehearsal: booleanOf(data.rehearsal),
  };
}

/** Tells the story of one entry. Undefined when the Deployment is none of ours. Pure. */
export function toReleaseRecord(
  deployment: GitHubDeployment,
  statuses: readonly DeploymentStatus[],
): ReleaseRecord | undefined {
  const payload = deployment.task === ledgerTask ? readLedgerPayload(deployment.payload) : undefined;
  if (payload === undefined) return undefined;
  const facts = statuses.flatMap((status) => parseFact(status.description ?? '', status.createdAt) ?? []);
  const last = (step: string, kind: LedgerFact['kind']) =>
    facts.findLast((fact) => fact.step === step && fact.kind === kind);
  const opened = facts.findLastIndex((fact) => fact.step === 'release' && fact.kind === 'intent');
  const closed = facts.findLastIndex((fact) => fact.step === 'release' && fact.kind === 'outcome');
  const final = closed > opened ? facts[closed] : undefined;
  const promoted = facts.findLast(
    (fact) => fact.step === 'promote' && fact.kind === 'outcome' && reached.has(fact.word),
  );
  const promotion = last('promote', 'outcome');
  const target = last('target', 'outcome')?.word ?? payload.rollbackTarget?.deploymentId;
  const [channel, ts] = last('slack', 'outcome')?.word.split('/') ?? [];
  return {
    id: deployment.id,
    environment: deployment.environment,
    key: payload.key,
    runId: payload.runId ?? 0,
    commit: payload.commit ?? deployment.sha,
    treeSha: payload.treeSha,
    version: last('version', 'outcome')?.word ?? payload.version ?? deployment.sha.slice(0, 7),
    openedAt: deployment.createdAt,
    as: payload.as ?? 'production',
    projectId: payload.projectId,
    rollbackTarget:
      target === undefined || target === payload.rollbackTarget?.deploymentId
        ? payload.rollbackTarget
        : { deploymentId: target, adopted: false },
    autoAssign: payload.autoAssign,
    mode: payload.mode ?? 'auto',
    firstDeployment: payload.firstDeployment ?? false,
    ...(payload.rehearsal === true ? { rehearsal: true as const } : {}),
    newerSchema: (payload.schemaVersion ?? 1) > ledgerSchemaVersion ? payload.schemaVersion : undefined,
    deploymentId: deploymentIdOf(facts),
    promotion:
      promoted !== undefined
        ? 'promoted'
        : promotion !== undefined && promotion.word !== 'rolling'
          ? 'failed'
          : last('promote', 'intent') === undefined
            ? 'none'
            : 'intended',
    promotedAt: promoted?.at,
    rolledBack: facts.some(
      (fact) => fact.step === 'rollback' && fact.kind === 'outcome' && fact.word === 'rolled-back',
    ),
    decision: final?.word,
    reason: final?.text,
    closedAt: final?.at,
    unwatched: last('watch', 'outcome')?.word === 'unwatched',
    slack: channel !== undefined && ts !== undefined ? { channel, ts } : undefined,
    facts,
  };
}

const reached = new Set(['promoted', 'already-current']);

/** The newest deployment id named by the promotion or by the deploy step. */
function deploymentIdOf(facts: readonly LedgerFact[]): string | undefined {
  const named = (step: string) =>
    facts.findLast((fact) => fact.step === step && /\bdpl_\w+/.test(`${fact.word} ${fact.text}`));
  const fact = named('promote') ?? named('deploy');
  return fact === undefined ? undefined : /\bdpl_\w+/.exec(`${fact.word} ${fact.text}`)?.[0];
}

function asObject(value: unknown): Record<string, unknown> {
  // GitHub answers the payload as it was sent; some clients send JSON text.
  if (typeof value === 'string') {
    try {
      return asObject(JSON.parse(value));
    } catch {
      return {};
    }
  }
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Deployments of further apps by name; what is none of ours is left out. */
function appsOf(value: unknown): Record<string, string> | undefined {
  const entries = Object.entries(asObject(value)).filter(
    (entry): entry is [string, string] => textOf(entry[1]) !== undefined,
  );
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function booleanOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}
