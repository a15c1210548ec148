import { vercelAddress, vercelConnection } from '#action-kit/connections';
import type { InputValues } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { openQuestion } from '#release/asked';
import { handleOfRecord } from '#release/handle-of-record';
import { findOwn } from '#release/ledger';
import { placeOf } from '#release/read-environment';
import { formatReleaseHandle, releaseKey } from '#release/release-handle';
import type { ReleaseRecord } from '#release/release-record';
import { reasonOfVerdict } from '#release/would-have-been';
import { addressOf } from '#vercel/deployment-address';
import { openVercelProject } from '#vercel/project';
import type { inputs } from './inputs.ts';

/**
 * The job that waits for people goes on where the one that asked them ended: nothing is checked or built again, production serves
 * the release. Where no question is open any more it ends: it must not begin a release. Undefined for every other job.
 */
export async function resumeAsked(
  runner: Runner,
  given: InputValues<typeof inputs>,
  settings: EnvironmentSettings,
  { github, commit }: { github: GitHub | undefined; commit: string },
): Promise<Result | undefined> {
  if (!given.answer || github === undefined) return undefined;
  const { context } = runner;
  const { environment } = settings;
  const key = releaseKey({ repositoryId: context.repositoryId, environment, runId: context.runId });
  const record = await findOwn(github, { environment, payload: { key, commit } });
  const question = record === undefined ? undefined : openQuestion(record.facts);
  if (record === undefined || question === undefined || record.decision !== undefined)
    return notOpen(record, given, settings);
  const url = settings.url ?? (await addressFrom(runner, given, settings));
  const handle = {
    ...handleOfRecord(record, { settings, repository: context.repository }),
    url,
    runUrl: context.runUrl,
    actor: context.actor,
  };
  const asked = { ...question, reason: reasonOfVerdict(record.facts) };
  return {
    decision: 'asked',
    reasonCode: 'asked',
    summary: `${record.version} on ${environment} waits for an answer until ${new Date(question.until).toISOString().slice(11, 16)} UTC.`,
    failed: false,
    outputs: {
      version: record.version,
      url,
      'rollback-target': record.rollbackTarget?.deploymentId ?? '',
      database: 'not-configured',
      smoke: 'not-configured',
      functions: 'not-configured',
      'vercel-project': record.projectId ?? given.vercelProject ?? settings.vercel.project ?? '',
      'vercel-team': given.vercelTeam ?? settings.vercel.team ?? '',
      release: formatReleaseHandle(handle),
      'deployment-id': record.deploymentId ?? '',
      // What the rest of the composite is told of the promotion that the job before made.
      'promote-outcome': 'success',
      'promote-decision': 'promoted',
      asked: JSON.stringify(asked),
    },
  };
}

/** Without a handle: the record and the message have their end, or their job, already. */
function notOpen(
  record: ReleaseRecord | undefined,
  given: InputValues<typeof inputs>,
  { environment, vercel }: EnvironmentSettings,
): Result {
  const about = record === undefined ? 'this run' : record.version;
  const ended = record?.decision === undefined ? '' : ` (its record says ${record.decision})`;
  return {
    decision: 'superseded',
    reasonCode: 'no_open_question',
    summary: `${about} on ${environment}: its question is not open any more${ended}; nothing was done.`,
    failed: true,
    outputs: {
      version: record?.version ?? '',
      url: '',
      'rollback-target': '',
      database: 'not-configured',
      smoke: 'not-configured',
      functions: 'not-configured',
      'vercel-project': record?.projectId ?? given.vercelProject ?? vercel.project ?? '',
      'vercel-team': given.vercelTeam ?? vercel.team ?? '',
      release: '',
    },
  };
}

async function addressFrom(
  runner: Runner,
  given: InputValues<typeof inputs>,
  settings: EnvironmentSettings,
): Promise<string> {
  const vercel = vercelConnection(runner, given, settings);
  const known = placeOf(settings).host;
  const host =
    known ??
    (vercel === undefined ? undefined : (await (await openVercelProject(vercel)).readState()).productionDomains[0]);
  return host === undefined ? '' : addressOf(host, vercelAddress(runner, given));
}
