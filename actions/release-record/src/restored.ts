import { isPublic } from '#action-kit/public-repository';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import type { GitHub } from '#github/client';
import { type Incident, openIncident } from '#incident/incident';
import { commandOn } from '#release/command-line';
import { attempt, settleEnvironment } from '#release/finish-release';
import { renderLastLine, renderNews } from '#release/last-line';
import { openLedger } from '#release/ledger';
import { nameOf } from '#release/name-of-target';
import { parseReleaseHandle, type ReleaseHandle } from '#release/release-handle';
import { parseFact } from '#release/release-record';
import type { ChecklistItem } from '#release/rollback-checklist';
import { wayBack } from '#release/way-back';
import { measuredValues } from './measured.ts';
import { checklistIn, withWatch } from './read-checklist.ts';
import { timelineOf } from './report-incident.ts';
import { type Given, githubOf, projectOf } from './services.ts';
import { tell } from './tell.ts';
import { wayBackNews } from './way-back-news.ts';
import { settingsOf } from './without-release.ts';

const reasonCode = 'restored_release_sick';

/**
 * The watch of a restored release failed as well: the cause is not what was taken back. People are told once, in message and
 * incident; nothing is moved again (ARB-16).
 */
export async function restored(runner: Runner, given: Given): Promise<Result> {
  const handle = parseReleaseHandle(given.release ?? '');
  const settings = await settingsOf(runner, given);
  const { environment, rollbackTarget: target } = handle;
  const github = githubOf(runner, given);
  const project = await projectOf(runner, given, settings);
  const names = target === undefined ? [] : [target];
  const closing = await settleEnvironment({ github, project }, handle, { moved: false, names });
  const { serving, openLocks, warnings } = closing;
  // What was recorded may have been gone: what serves is what is sick.
  const sick = serving ?? target;
  const bad = [given.deploymentId, sick?.deploymentId].filter((id) => id !== undefined);
  const next = await wayBack({ github, project }, settings, { recorded: undefined, serving, bad }, warnings);
  const back = sick === undefined ? 'the restored release' : nameOf(sick);
  const seen = given.watchSummary ?? 'the watch did not say what it saw';
  const what = `Rolled back to ${back}, and that is sick as well: ${seen.replace(/\.$/, '')}. The cause is not the release that was taken back; nothing is moved again.`;
  const now = runner.clock.now();
  const { version } = handle;
  const story = {
    decision: 'rollback-failed' as const,
    reasonCode,
    what,
    environment,
    production: handle.production,
    version,
    serving,
    locked: openLocks.length > 0,
    rollbackTarget: next,
    now,
  };
  const checklist = withWatch(checklistIn(given.releaseResult), { seen, at: now });
  const escalated = github !== undefined && (await wasEscalated(github, handle, warnings));
  const incident =
    github === undefined || given.incident === 'elsewhere'
      ? undefined
      : await attempt(
          warnings,
          'The incident issue could not be brought up to date',
          escalate(github, {
            handle,
            given,
            what,
            serving,
            next,
            checklist,
            again: escalated,
            everybodyReads: isPublic(runner.context.event),
          }),
        );
  if (github !== undefined && !escalated) {
    const ledger = openLedger(github, handle);
    await attempt(warnings, 'The ledger could not be written', ledger.record('restored', 'outcome', 'sick', seen));
    const closed = ledger.record('release', 'outcome', 'rollback-failed', reasonCode, { state: 'error' });
    await attempt(warnings, 'The ledger could not be written', closed);
  }
  const news = wayBackNews(runner, handle, {
    phase: 'rollback-failed',
    summary: renderNews(story),
    phases: [
      { name: 'Roll back', state: 'done' },
      { name: 'Watch the restored release', state: 'failed', detail: seen },
    ],
    incident,
    serving,
    now,
    details: [what, ...warnings],
  });
  await tell(runner, given, settings, news, handle.slack);
  for (const warning of warnings) runner.logger.warning(warning);
  return {
    decision: 'rollback-failed',
    reasonCode,
    summary: renderLastLine(story),
    failed: true,
    details: {
      version,
      environment,
      serving: serving ?? null,
      locked: openLocks.length > 0,
      ...(incident === undefined ? {} : { incident: { number: incident.number, url: incident.url } }),
      ...(checklist === undefined ? {} : { checklist }),
      warnings,
    },
  };
}

async function wasEscalated(github: GitHub, handle: ReleaseHandle, warnings: string[]): Promise<boolean> {
  if (handle.ledgerId === 0) return false;
  const statuses = await attempt(warnings, 'The ledger could not be read', github.listStatuses(handle.ledgerId));
  return (statuses ?? []).some((status) => {
    const fact = parseFact(status.description ?? '', status.createdAt);
    return fact?.step === 'restored' && fact.word === 'sick';
  });
}

/** The same issue as of the rollback; a comment besides, because GitHub notifies nobody of a changed text. */
async function escalate(
  github: GitHub,
  story: {
    handle: ReleaseHandle;
    given: Given;
    what: string;
    serving: { deploymentId: string } | undefined;
    next: { deploymentId: string } | undefined;
    checklist: readonly ChecklistItem[] | undefined;
    again: boolean;
    everybodyReads: boolean;
  },
): Promise<Incident> {
  const { handle, given, what, next } = story;
  const facts = {
    key: handle.key,
    environment: handle.environment,
    version: handle.version,
    commit: handle.commit,
    decision: 'rollback-failed',
    reasonCode,
    what,
    timeline: await timelineOf(github, handle),
    measured: measuredValues(given.watchResult),
    serving: story.serving,
    commands: [
      ...(next === undefined ? [] : [commandOn(handle, 'rollback', { target: next.deploymentId })]),
      commandOn(handle, 'releases'),
      commandOn(handle, 'unlock'),
    ],
    checklist: story.checklist,
    notes: ['Look outside of the release: database, an external service, traffic.'],
    runUrl: handle.runUrl,
  };
  const incident = await openIncident(github, facts, { everybodyReads: story.everybodyReads });
  if (!story.again) await github.comment(incident.number, 'Escalation: the release that was restored is sick as well.');
  return incident;
}
