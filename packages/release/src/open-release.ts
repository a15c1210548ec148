import { defaults } from '#config/defaults';
import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { openQuestion } from './asked.ts';
import { openRelease as openEntry, openLedger } from './ledger.ts';
import { closeExpired } from './lock.ts';
import type { PreflightReport } from './preflight-types.ts';
import { placeOf } from './read-environment.ts';
import { type ReleaseHandle, releaseKey } from './release-handle.ts';
import { ledgerSchemaVersion, type ReleaseRecord } from './release-record.ts';

export interface OpenRequest {
  settings: EnvironmentSettings;
  context: {
    repository: string;
    repositoryId: string;
    runId: number;
    runAttempt: number;
    runUrl: string;
    actor: string;
  };
  version: string;
  commit: string;
  treeSha?: string | undefined;
  /** A release that is there to be taken back. */
  rehearsal?: boolean | undefined;
}

/**
 * Opens the ledger entry, or adopts that of an earlier attempt (S6), and makes the handle of the release. What preflight
 * found now and the payload cannot say any more (another way back) is appended.
 * @throws GitHubError: without a record there is no way forward.
 */
export async function openRelease(
  github: GitHub,
  report: PreflightReport,
  request: OpenRequest,
): Promise<ReleaseHandle> {
  const { settings, context } = request;
  const { environment, production } = settings;
  const key = releaseKey({ ...context, environment });
  const place = placeOf(settings);
  const mode = settings.watch.mode ?? defaults.watch.mode;
  const target = report.target.target;
  const { record, adopted } = await openEntry(github, {
    environment,
    production,
    payload: {
      schemaVersion: ledgerSchemaVersion,
      key,
      runId: context.runId,
      commit: request.commit,
      treeSha: request.treeSha,
      version: request.version,
      as: place.as,
      projectId: report.state?.id,
      rollbackTarget: target,
      autoAssign: report.autoAssign,
      mode,
      firstDeployment: report.firstDeployment,
      ...(request.rehearsal === true ? { rehearsal: true } : {}),
    },
  });
  const ledger = openLedger(github, { ledgerId: record.id });
  if (!adopted || record.decision !== undefined || openQuestion(record.facts) !== undefined)
    await ledger.record('release', 'intent', `attempt-${context.runAttempt}`);
  if (adopted && target !== undefined && target.deploymentId !== record.rollbackTarget?.deploymentId) {
    await ledger.record('target', 'outcome', target.deploymentId);
  }
  if (!adopted) {
    for (const { name, text } of report.weakenings) await ledger.record('weakened', 'outcome', name, text);
  }
  await closeExpired(github, report.locks);
  return toHandle(report, request, record, adopted);
}

/**
 * The handle of what an earlier attempt of this run opened, for an attempt that preflight ends: an entry that is still open
 * gets its end, one that is closed keeps it (`ledgerId` 0), and people are told in the one message. Changes nothing.
 */
export function handleOfEarlier(report: PreflightReport, request: OpenRequest): ReleaseHandle | undefined {
  const { own } = report;
  if (own === undefined) return undefined;
  const handle = toHandle(report, request, own, true);
  return own.decision === undefined ? handle : { ...handle, ledgerId: 0 };
}

function toHandle(
  report: PreflightReport,
  { settings, context, ...request }: OpenRequest,
  record: ReleaseRecord,
  adopted: boolean,
): ReleaseHandle {
  const place = placeOf(settings);
  return {
    schemaVersion: 1,
    key: record.key,
    environment: settings.environment,
    production: settings.production,
    as: place.as,
    host: place.host,
    ledgerId: record.id,
    repository: context.repository,
    runId: context.runId,
    runUrl: context.runUrl,
    actor: context.actor,
    commit: request.commit,
    treeSha: request.treeSha,
    version: request.version,
    openedAt: record.openedAt,
    rollbackTarget: report.target.target,
    // After a promotion of an earlier attempt the project shows what the promotion made of it (trap 2).
    autoAssign: adopted && record.promotion !== 'none' ? (record.autoAssign ?? report.autoAssign) : report.autoAssign,
    url: report.url,
    slack: record.slack,
    mode: settings.watch.mode ?? defaults.watch.mode,
    ...(report.weakenings.length === 0 ? {} : { weakenings: report.weakenings.map(({ text }) => text) }),
    firstDeployment: record.firstDeployment || report.firstDeployment,
    ...(record.rehearsal === true ? { rehearsal: true } : {}),
  };
}

/** Keeps where the living message is, so that a later attempt updates it instead of posting another (S6). */
export async function recordStart(github: GitHub, handle: ReleaseHandle): Promise<void> {
  const { slack } = handle;
  if (slack !== undefined) await openLedger(github, handle).record('slack', 'outcome', `${slack.channel}/${slack.ts}`);
}

/** A tag that arrives with or after the branch names the version of the release that is already live (DEP-02). */
export async function nameVersion(github: GitHub, report: PreflightReport, version: string): Promise<void> {
  const release = report.current?.release;
  if (release === undefined || release.version === version) return;
  await openLedger(github, { ledgerId: release.id }).record('version', 'outcome', version, '', { state: 'success' });
}
