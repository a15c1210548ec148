import { isPublic } from '#action-kit/public-repository';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { defaults } from '#config/defaults';
import { backendNotBack, decideReleaseOutcome } from '#release/decide-release-outcome';
import { attempt, closeLedger, settleEnvironment } from '#release/finish-release';
import { describeFixForward, startFixForward } from '#release/fix-forward';
import { renderLastLine, renderNews } from '#release/last-line';
import { parseReleaseHandle } from '#release/release-handle';
import { lateRollback, wayBack } from '#release/way-back';
import { readBadStage } from './bad-stage.ts';
import { evidenceOf, heldFiles } from './evidence.ts';
import { readFilesOfEarlier, readUndoOpen } from './files-of-earlier.ts';
import { closeEarlier, handOff } from './hand-off.ts';
import { askedOf, chartOf, errorLinks, measuredValues, stageValues } from './measured.ts';
import { badOnes, readRollback } from './read-rollback.ts';
import { notAsked, recordVerdict } from './record-verdict.ts';
import { reportIncident } from './report-incident.ts';
import { type Given, githubOf, projectOf } from './services.ts';
import { alertsOf, readSteps, toPhases } from './steps.ts';
import { renderSummary } from './summary.ts';
import { tell } from './tell.ts';
import { checklistOf, whatDiffers } from './way-back-facts.ts';
import { settingsOf, withoutRelease } from './without-release.ts';

/** The end of a release: settles the environment, closes the record, tells people, and says everything in one last line. */
export async function finished(runner: Runner, given: Given): Promise<Result> {
  const settings = await settingsOf(runner, given);
  const handle = given.release === undefined ? undefined : parseReleaseHandle(given.release);
  const steps = readSteps(given, handle?.mode ?? settings.watch.mode ?? defaults.watch.mode);
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
  if (github !== undefined && handle !== undefined) {
    const read = readBadStage(github, handle, steps);
    steps.badStage = await attempt(warnings, 'Whether a stage was bad could not be read from the ledger', read);
    // Where the ledger does not say it, people look.
    const undo = await attempt(warnings, 'How the undo ended could not be read', readUndoOpen(github, handle, steps));
    steps.undoOpen = undo ?? true;
    const files = readFilesOfEarlier(github, handle, steps);
    steps.filesOfEarlier = await attempt(warnings, 'What releases before this one applied could not be read', files);
  }
  const outcome = decideReleaseOutcome(steps);
  const now = runner.clock.now();
  const back = readRollback(given.rollbackResult);
  const late = ['rolled-back', 'rollback-failed'].includes(outcome.decision)
    ? lateRollback({ startedAt: back.startedAt, verifiedAt: now, limitMs: settings.release.rollbackLimitMs })
    : undefined;
  const { fixForwardMs: limitMs, afterFixForward: after } = settings.release;
  const mending = startFixForward(outcome, steps, { limitMs, after, now });
  if (mending !== undefined)
    Object.assign(outcome, {
      what: `${outcome.what.replace(/\.$/, '')}. ${describeFixForward(mending)}.`,
      incident: true,
    });
  if (github !== undefined && handle !== undefined) {
    const { watchResult } = given;
    const kept = recordVerdict(github, handle, { outcome, steps, watchResult, mending }).then(() => true);
    const isKept = await attempt(warnings, 'What the watch said could not be kept in the ledger', kept);
    if (isKept === undefined && outcome.decision === 'asked') Object.assign(outcome, notAsked(outcome));
  }
  const alert = alertsOf(steps);
  if (alert !== undefined) outcome.what = `${outcome.what.replace(/\.$/, '')}. ${alert.replace(/\.$/, '')}.`;
  const held = steps.contract?.decision === 'applied' ? undefined : heldFiles(given.migrateHeld);
  if (held !== undefined) outcome.what = `${outcome.what.replace(/\.$/, '')}. ${held}.`;
  if (late !== undefined) outcome.what = `${outcome.what.replace(/\.$/, '')}. ${late}.`;
  const recorded = handle?.rollbackTarget;
  const rollbackTarget =
    outcome.decision === 'rollback-failed' && outcome.reasonCode !== backendNotBack && handle !== undefined
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
  const measured = [...stageValues(given.promoteResult), ...measuredValues(given.watchResult)];
  const lastLine = renderLastLine(story);
  const target = back.to ?? recorded?.deploymentId;
  const apps = target === recorded?.deploymentId ? recorded?.apps : undefined;
  const swap = { target, apps, left: given.deploymentId };
  const wentBack = steps.rollback.decision === 'rolled-back';
  const differs = wentBack ? await whatDiffers(project, settings, swap, warnings) : [];
  const checklist = (toldAt?: number) =>
    wentBack
      ? checklistOf(runner, given, settings, {
          reason: steps.rollback.summary,
          actor: undefined,
          startedAt: back.startedAt,
          back: outcome.decision === 'rolled-back',
          checks: steps.restored ?? { health: '', smoke: '' },
          toldAt,
        })
      : undefined;
  const file = async (toldAt?: number) =>
    outcome.incident && given.incident === 'here' && handle !== undefined && github !== undefined
      ? await attempt(
          warnings,
          'The incident issue could not be opened or brought up to date',
          reportIncident(github, {
            handle,
            outcome,
            steps,
            given,
            serving,
            rollbackTarget,
            differs,
            checklist: checklist(toldAt),
            everybodyReads: isPublic(runner.context.event),
          }),
        )
      : undefined;
  const incident = await file();
  if (github !== undefined && handle !== undefined) {
    const live = moved && settings.watch.handOffMs !== undefined;
    if (live) await attempt(warnings, 'Earlier watches could not be closed', closeEarlier(github, handle));
    if (outcome.decision === 'watch-continues')
      await attempt(warnings, 'The window of the watch could not be recorded', handOff(github, handle, given));
    const closed = closeLedger(github, handle, { ...outcome, environmentUrl: handle.url });
    await attempt(warnings, 'The record of the release could not be closed', closed);
  }
  let toldAt: number | undefined;
  if (outcome.decision !== 'planned') {
    const { link } = askedOf(given.watchResult);
    const links = [
      ...(link === undefined ? [] : [{ label: 'Same numbers at the source', url: link }]),
      ...(runner.context.runUrl === '' ? [] : [{ label: 'Run', url: runner.context.runUrl }]),
      ...(incident === undefined ? [] : [{ label: `Incident #${incident.number}`, url: incident.url }]),
    ];
    toldAt = await tell(
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
  if (wentBack && incident !== undefined && toldAt !== undefined) await file(toldAt);
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
      ...(mending === undefined ? {} : { fixForward: { until: mending.until / 1000, after: mending.after } }),
      ...(wentBack ? { checklist: checklist(toldAt), differs } : {}),
      // For the job that opens the incident: it has no other way to the numbers of the watch.
      ...(outcome.incident
        ? { measured, chart: chartOf(given.watchResult), links: errorLinks(given.watchResult) }
        : {}),
      verifiedAt: now / 1000,
      warnings,
    },
    jobSummary: renderSummary({ outcome, lastLine, steps, warnings, incident, environment, version }),
  };
}
