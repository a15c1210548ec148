import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { defaults } from '#config/defaults';
import { decideReleaseOutcome } from '#release/decide-release-outcome';
import { attempt, closeLedger, settleEnvironment } from '#release/finish-release';
import { renderLastLine, renderNews } from '#release/last-line';
import { parseReleaseHandle } from '#release/release-handle';
import { lateRollback, wayBack } from '#release/way-back';
import { evidenceOf, heldFiles } from './evidence.ts';
import { closeEarlier, handOff } from './hand-off.ts';
import { askedOf } from './measured.ts';
import { badOnes, readRollback } from './read-rollback.ts';
import { notAsked, recordVerdict } from './record-verdict.ts';
import { reportIncident } from './report-incident.ts';
import { type Given, githubOf, projectOf } from './services.ts';
import { readSteps, toPhases } from './steps.ts';
import { renderSummary } from './summary.ts';
import { tell } from './tell.ts';
import { checklistOf, whatDiffers } from './way-back-facts.ts';
import { settingsOf, withoutRelease } from './without-release.ts';

/** The end of a release: settles the environment, closes the record, tells people, and says everything in one last line. */
export async function finished(runner: Runner, given: Given): Promise<Result> {
  const settings = await settingsOf(runner, given);
  const handle = given.release === undefined ? undefined : parseReleaseHandle(given.release);
  const steps = readSteps(given, handle?.mode ?? settings.watch.mode ?? defaults.watch.mode);
  const outcome = decideReleaseOutcome(steps);
  const github = githubOf(runner, given);
  const project = await projectOf(runner, given, settings);
  const version = handle?.version ?? given.version ?? runner.context.sha.slice(0, 7);
  const { environment } = settings;
  // A later run of the watch promoted nothing: what the settings of the project are by now is not its business.
  const moved = !['', 'skipped'].includes(steps.promote.outcome) && steps.preflight.outcome !== '';
  const closing = await settleEnvironment({ github, project }, handle ?? withoutRelease(runner, settings, version), {
    moved: moved && handle !== undefined,
    names: [
      ...(given.deploymentId === undefined ? [] : [{ deploymentId: given.deploymentId, version }]),
      ...(handle?.rollbackTarget === undefined ? [] : [handle.rollbackTarget]),
    ],
  });
  const { serving, servesNothing, openLocks, warnings } = closing;
  const now = runner.clock.now();
  const back = readRollback(given.rollbackResult);
  const late = ['rolled-back', 'rollback-failed'].includes(outcome.decision)
    ? lateRollback({ startedAt: back.startedAt, verifiedAt: now, limitMs: settings.release.rollbackLimitMs })
    : undefined;
  if (github !== undefined && handle !== undefined) {
    const kept = recordVerdict(github, handle, { outcome, steps, watchResult: given.watchResult }).then(() => true);
    const isKept = await attempt(warnings, 'What the watch said could not be kept in the ledger', kept);
    if (isKept === undefined && outcome.decision === 'asked') Object.assign(outcome, notAsked(outcome));
  }
  const held = heldFiles(given.migrateHeld);
  if (held !== undefined) outcome.what = `${outcome.what.replace(/\.$/, '')}. ${held}.`;
  if (late !== undefined) outcome.what = `${outcome.what.replace(/\.$/, '')}. ${late}.`;
  const recorded = handle?.rollbackTarget;
  const rollbackTarget =
    outcome.decision === 'rollback-failed' && handle !== undefined
      ? await wayBack({ github, project }, settings, { recorded, serving, bad: badOnes(given, back) }, warnings)
      : recorded;
  const story = {
    ...outcome,
    environment,
    production: settings.production,
    version,
    serving,
    servesNothing,
    locked: openLocks.length > 0,
    rollbackTarget,
    now,
  };
  const lastLine = renderLastLine(story);
  const swap = { target: back.to ?? recorded?.deploymentId, left: given.deploymentId };
  const wentBack = steps.rollback.decision === 'rolled-back';
  const differs = wentBack ? await whatDiffers(project, settings, swap, warnings) : [];
  const checklist = wentBack
    ? checklistOf(runner, given, settings, {
        reason: steps.rollback.summary,
        actor: undefined,
        startedAt: back.startedAt,
        back: outcome.decision === 'rolled-back',
      })
    : undefined;
  const incident =
    outcome.incident && given.incident === 'here' && handle !== undefined && github !== undefined
      ? await attempt(
          warnings,
          'The incident issue could not be opened',
          reportIncident(github, { handle, outcome, steps, given, serving, rollbackTarget, differs, checklist }),
        )
      : undefined;
  if (github !== undefined && handle !== undefined) {
    const live = moved && settings.watch.handOffMs !== undefined;
    if (live) await attempt(warnings, 'Earlier watches could not be closed', closeEarlier(github, handle));
    if (outcome.decision === 'watch-continues')
      await attempt(warnings, 'The window of the watch could not be recorded', handOff(github, handle, given));
    const closed = closeLedger(github, handle, { ...outcome, environmentUrl: handle.url });
    await attempt(warnings, 'The record of the release could not be closed', closed);
  }
  if (outcome.decision !== 'planned') {
    const { link } = askedOf(given.watchResult);
    const links = [
      ...(link === undefined ? [] : [{ label: 'Same numbers at the source', url: link }]),
      ...(runner.context.runUrl === '' ? [] : [{ label: 'Run', url: runner.context.runUrl }]),
      ...(incident === undefined ? [] : [{ label: `Incident #${incident.number}`, url: incident.url }]),
    ];
    await tell(
      runner,
      given,
      settings,
      {
        environment,
        version,
        repository: runner.context.repository,
        phase: outcome.decision,
        summary: renderNews(story),
        phases: toPhases(steps),
        links,
        ...(serving === undefined ? {} : { serving }),
        ...(runner.context.actor === '' ? {} : { actor: runner.context.actor }),
        weakenings: handle?.weakenings,
        startedAt: handle?.openedAt ?? now,
        now,
        details: [...evidenceOf({ steps, given, handle }), ...differs, ...warnings],
      },
      handle?.slack,
    );
  }
  for (const warning of warnings) runner.logger.warning(warning);
  return {
    decision: outcome.decision,
    reasonCode: outcome.reasonCode,
    summary: lastLine,
    failed: outcome.red,
    ...(outcome.warning ? { warning: true } : {}),
    details: {
      version,
      environment,
      serving: serving ?? null,
      since: serving?.since === undefined ? null : serving.since / 1000,
      ...(incident === undefined ? {} : { incident: { number: incident.number, url: incident.url } }),
      autoAssignRestored: closing.autoAssignRestored,
      locked: openLocks.length > 0,
      ...(checklist === undefined ? {} : { checklist, differs }),
      verifiedAt: now / 1000,
      warnings,
    },
    jobSummary: renderSummary({ outcome, lastLine, steps, warnings, incident, environment, version }),
  };
}
