import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { backendStep } from '#release/backend/backend-facts';
import { type BackendBack, decideBackendBack } from '#release/backend/decide-backend';
import { commandOn } from '#release/command-line';
import { attempt } from '#release/finish-release';
import { openLedger } from '#release/ledger';
import { readRecentReleases } from '#release/read-environment';
import { parseReleaseHandle } from '#release/release-handle';
import type { BackendAbout } from './deploy-backend.ts';
import type { Given } from './inputs.ts';

/** The rollback command with the recorded target, and the same proof. The domains moved before: nothing here holds them up. */
export async function rollBackBackend(
  runner: Runner,
  given: Given,
  { settings, backend, github, ports }: BackendAbout,
): Promise<Result> {
  const own =
    given.calledBy === 'deploy' && given.release !== undefined ? parseReleaseHandle(given.release) : undefined;
  const decided = decideBackendBack({
    app: { decision: given.appDecision ?? '', reasonCode: given.appReason ?? '' },
    to: given.to ?? '',
    own: own?.key,
    releases: await readRecentReleases(github, settings.environment),
  });
  if (decided.do === 'nothing')
    return {
      decision: 'not-needed',
      reasonCode: 'not_needed',
      summary: `The backend stays: ${decided.message}.`,
      failed: false,
    };
  if (decided.do === 'fail') return failed(decided, decided.reasonCode, decided.message);
  const { target, from } = decided;
  const { version, commit, deploymentId } = target;
  const warnings: string[] = [];
  const ledger = openLedger(github, { ledgerId: from.id });
  const note = (kind: 'intent' | 'outcome', word: string, text: string) =>
    attempt(warnings, 'The ledger could not be written', ledger.record(backendStep, kind, word, text));
  const name = version ?? deploymentId;
  // The way back goes on where it cannot be written down (S5).
  await note('intent', 'rollback', name);
  const subject = { environment: settings.environment, version, commit, deploymentId };
  const done = await ports.run(backend.rollback, {
    ...subject,
    fromVersion: from.version,
    fromCommit: from.commit,
    reason: given.appSummary,
  });
  const sick = done.ok ? await ports.prove(subject) : undefined;
  const problem = done.ok ? sick : done.message;
  const reasonCode = done.ok ? 'backend_unhealthy' : done.reasonCode;
  await note(
    'outcome',
    problem === undefined ? 'rolled-back' : 'rollback-failed',
    problem === undefined ? name : reasonCode,
  );
  for (const warning of warnings) runner.logger.warning(warning);
  if (problem !== undefined) {
    const where = commit === undefined ? name : `${name} (${commit})`;
    const next = `Next, at once: bring the backend to ${where} by hand, then: ${commandOn(settings, 'unlock')}`;
    return failed(decided, reasonCode, `${problem.replace(/\.$/, '')}. ${next}`);
  }
  return {
    decision: 'rolled-back',
    reasonCode: 'rolled_back',
    summary: `The backend was taken back from ${from.version} to ${name}.`,
    failed: false,
    details: { target, from: { version: from.version, commit: from.commit } },
  };
}

function failed(decided: BackendBack, reasonCode: string, message: string): Result {
  return {
    decision: 'failed',
    reasonCode,
    summary: `BACKEND NOT TAKEN BACK: ${message}`,
    failed: true,
    ...(decided.do === 'roll-back' ? { details: { target: decided.target } } : {}),
  };
}
