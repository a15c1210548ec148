import { isPublic } from '#action-kit/public-repository';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { openIncident } from '#incident/incident';
import { commandOn } from '#release/command-line';
import { notVerified, type ReleaseDecision } from '#release/decide-release-outcome';
import { attempt, settleEnvironment } from '#release/finish-release';
import { renderLastLine, renderNews } from '#release/last-line';
import { parseReleaseHandle } from '#release/release-handle';
import { lateRollback, wayBack } from '#release/way-back';
import { checksOfWayBack } from './checks-of-way-back.ts';
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
  const { sick, unverified, health, smoke } = checksOfWayBack(given);
  const effective = serving === undefined || serving.deploymentId === asked?.deploymentId;
  const failed = decision === 'failed' || sick !== undefined || !effective;
  const red = failed || unverified !== undefined;
  const now = runner.clock.now();
  const database = readDatabase(given);
  const databaseOpen = database !== undefined && database.state !== 'done';
  const ofApp = !effective
    ? 'rollback_not_effective'
    : sick !== undefined
      ? 'unhealthy_after_rollback'
      : unverified !== undefined && !failed
        ? 'restored_not_verified'
        : undefined;
  const reasonCode = ofApp ?? (databaseOpen ? database.reasonCode : rollbackReason);
  const late = lateRollback({
    startedAt: handle.openedAt,
    // The app was proven before the database began; that one has a limit of its own.
    verifiedAt: now - (database?.tookMs ?? 0),
    limitMs: settings.release.rollbackLimitMs,
  });
  const happened = !effective
    ? `The rollback was accepted but is not effective: ${environment} serves ${serving?.deploymentId}, not ${asked?.deploymentId}`
    : sick !== undefined
      ? `${rollbackSummary} Its checks failed: ${sick}`.trim()
      : ofApp === 'restored_not_verified' && unverified !== undefined
        ? notVerified(rollbackSummary, unverified)
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
  const swap = { target: asked?.deploymentId, apps: asked?.apps, left };
  const differs = failed ? [] : await whatDiffers(project, settings, swap, warnings);
  const checklist = (toldAt?: number) =>
    checklistOf(runner, given, settings, {
      reason: rollbackSummary,
      actor: handle.actor,
      startedAt: handle.openedAt,
      back: !failed,
      checks: { health, smoke },
      database,
      toldAt,
    });
  const file = async (toldAt?: number) =>
    github === undefined || given.incident === 'elsewhere'
      ? undefined
      : await attempt(
          warnings,
          'The incident issue could not be opened or brought up to date',
          openIncident(
            github,
            {
              key: handle.key,
              environment,
              version: handle.version,
              decision: ended,
              reasonCode,
              what,
              escalation: database?.escalation,
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
              checklist: checklist(toldAt),
              runUrl: handle.runUrl,
            },
            { everybodyReads: isPublic(runner.context.event) },
          ),
        );
  const incident = await file();
  const news = wayBackNews(runner, handle, {
    phase: ended,
    summary: renderNews(story),
    phases: [{ name: 'Roll back', state: red || databaseOpen ? 'failed' : 'done', detail: what }],
    incident,
    serving,
    now,
    details: [...(database === undefined ? [whatStays] : []), ...differs, ...warnings],
  });
  const toldAt = await tell(runner, given, settings, news, handle.slack);
  if (incident !== undefined && toldAt !== undefined) await file(toldAt);
  for (const warning of warnings) runner.logger.warning(warning);
  return {
    decision: failed ? 'failed' : decision,
    reasonCode,
    summary: lastLine,
    failed: red,
    details: {
      serving: serving ?? null,
      locked: openLocks.length > 0,
      ...(incident === undefined ? {} : { incident: { number: incident.number, url: incident.url } }),
      checklist: checklist(toldAt),
      ...(database === undefined ? {} : { database: database.notes }),
      differs,
      ...(effective && serving !== undefined && unverified === undefined ? { verifiedAt: now / 1000 } : {}),
      warnings,
    },
  };
}
