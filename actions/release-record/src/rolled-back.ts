import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { openIncident } from '#incident/incident';
import { commandOn } from '#release/command-line';
import type { ReleaseDecision } from '#release/decide-release-outcome';
import { attempt, settleEnvironment } from '#release/finish-release';
import { renderLastLine, renderNews } from '#release/last-line';
import { parseReleaseHandle } from '#release/release-handle';
import { lateRollback, wayBack } from '#release/way-back';
import { whatStays } from './evidence.ts';
import { nothingMoved } from './nothing-moved.ts';
import { readDatabase } from './read-database.ts';
import { type Given, githubOf, projectOf } from './services.ts';
import { tell } from './tell.ts';
import { checklistOf, whatDiffers } from './way-back-facts.ts';
import { wayBackNews } from './way-back-news.ts';

/** The end of a rollback by hand: proof of what is served, incident, people told. */
export async function rolledBack(runner: Runner, given: Given): Promise<Result> {
  const { rollbackDecision: decision = '', rollbackReason = '', rollbackSummary = '' } = given;
  if (given.release === undefined) return await nothingMoved(runner, given);
  const settings = await loadSettings(runner, given);
  const handle = parseReleaseHandle(given.release);
  const { environment, rollbackTarget: asked } = handle;
  const github = githubOf(runner, given);
  const project = await projectOf(runner, given, settings);
  const names = asked === undefined ? [] : [asked];
  const { serving, openLocks, warnings } = await settleEnvironment({ github, project }, handle, {
    moved: false,
    names,
  });
  const checks = given.healthOutcome === 'failure' || given.smokeOutcome === 'failure';
  const effective = serving === undefined || serving.deploymentId === asked?.deploymentId;
  const failed = decision === 'failed' || checks || !effective;
  const now = runner.clock.now();
  const database = readDatabase(given);
  const databaseOpen = database !== undefined && database.state !== 'done';
  const ofApp = !effective ? 'rollback_not_effective' : checks ? 'unhealthy_after_rollback' : undefined;
  const reasonCode = ofApp ?? (databaseOpen ? database.reasonCode : rollbackReason);
  const late = lateRollback({
    startedAt: handle.openedAt,
    // The app was proven before the database began; that one has a limit of its own.
    verifiedAt: now - (database?.tookMs ?? 0),
    limitMs: settings.release.rollbackLimitMs,
  });
  const happened = !effective
    ? `The rollback was accepted but is not effective: ${environment} serves ${serving?.deploymentId}, not ${asked?.deploymentId}`
    : checks
      ? `${rollbackSummary} Its checks failed: ${given.healthSummary ?? ''} ${given.smokeSummary ?? ''}`.trim()
      : rollbackSummary;
  const app = late === undefined ? happened : `${happened.replace(/\.$/, '')}. ${late}.`;
  const what = database === undefined ? app : `${app.replace(/\.$/, '')}. ${database.what}`;
  const rollbackTarget = failed
    ? await wayBack({ github, project }, settings, { recorded: asked, serving, bad: [] }, warnings)
    : asked;
  const ended = failed ? 'rollback-failed' : 'rolled-back';
  const story = {
    decision: ended as ReleaseDecision,
    reasonCode,
    what,
    environment,
    production: handle.production,
    version: handle.version,
    serving,
    locked: openLocks.length > 0,
    rollbackTarget,
    now,
  };
  const lastLine = renderLastLine(story);
  const left = given.deploymentId;
  const differs = failed ? [] : await whatDiffers(project, settings, { target: asked?.deploymentId, left }, warnings);
  const checklist = checklistOf(runner, given, settings, {
    reason: rollbackSummary,
    actor: handle.actor,
    startedAt: handle.openedAt,
    back: !failed,
    database,
  });
  const incident =
    github === undefined || given.incident === 'elsewhere'
      ? undefined
      : await attempt(
          warnings,
          'The incident issue could not be opened',
          openIncident(github, {
            key: handle.key,
            environment,
            version: handle.version,
            decision: ended,
            reasonCode,
            what,
            timeline: [{ at: handle.openedAt, text: `rollback to ${asked?.deploymentId ?? handle.version}` }],
            measured: [],
            serving,
            commands: [
              ...(failed && rollbackTarget !== undefined
                ? [commandOn(handle, 'rollback', { target: rollbackTarget.deploymentId })]
                : []),
              commandOn(handle, 'releases'),
              commandOn(handle, 'unlock'),
            ],
            notes: [...(database?.notes ?? []), ...(database === undefined ? [whatStays] : []), ...differs],
            checklist,
            runUrl: handle.runUrl,
          }),
        );
  const news = wayBackNews(runner, handle, {
    phase: ended,
    summary: renderNews(story),
    phases: [{ name: 'Roll back', state: failed || databaseOpen ? 'failed' : 'done', detail: what }],
    incident,
    serving,
    now,
    details: [...(database === undefined ? [whatStays] : []), ...differs, ...warnings],
  });
  await tell(runner, given, settings, news, handle.slack);
  for (const warning of warnings) runner.logger.warning(warning);
  return {
    decision: failed ? 'failed' : decision,
    reasonCode,
    summary: lastLine,
    failed,
    details: {
      serving: serving ?? null,
      locked: openLocks.length > 0,
      ...(incident === undefined ? {} : { incident: { number: incident.number, url: incident.url } }),
      checklist,
      ...(database === undefined ? {} : { database: database.notes }),
      differs,
      ...(effective && serving !== undefined ? { verifiedAt: now / 1000 } : {}),
      warnings,
    },
  };
}
