import { vercelAddress } from '#action-kit/connections';
import { InputError, type InputValues } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import type { EnvironmentSettings } from '#config/settings';
import { cleanText } from '#http/text';
import { defaultLockExpiryMs } from '#release/lock';
import { placeOf } from '#release/read-environment';
import { type ReleaseHandle, type RollbackTarget, releaseKey } from '#release/release-handle';
import type { RollBackDependencies } from '#release/roll-back';
import { rollBackByHand } from '#release/roll-back-by-hand';
import { addressOf } from '#vercel/deployment-address';
import type { inputs } from './inputs.ts';
import { commonOutputs, describeRollback } from './outputs.ts';
import { openServices } from './services.ts';

type Given = InputValues<typeof inputs>;

/** A person names a target; unclear ones are refused before anything is changed (FRB-01 to FRB-03). */
export async function byHand(runner: Runner, given: Given): Promise<Result> {
  const settings = await loadSettings(runner, given);
  checkParts(given);
  if (given.confirm !== undefined && given.confirm !== settings.environment) {
    const summary = `confirm is "${cleanText(given.confirm, 80)}", not the name of the environment (${settings.environment}): nothing was changed.`;
    return { decision: 'refused', reasonCode: 'confirm_mismatch', summary, failed: true };
  }
  const services = await openServices(runner, given, settings);
  const { context } = runner;
  const key = releaseKey({ ...context, environment: settings.environment });
  const reason = given.reason ?? 'rollback by hand, no reason given';
  const outcome = await rollBackByHand(services, {
    settings,
    key,
    runId: context.runId,
    runUrl: context.runUrl === '' ? undefined : context.runUrl,
    commit: context.sha,
    target: given.target,
    reason,
    dryRun: given.dryRun,
    lockExpiryMs: settings.release.lockExpiryMs ?? defaultLockExpiryMs,
    repeated: context.runAttempt > 1,
    promoteInstead: settings.vercel.rollbackFallback === 'promote',
  });
  const url = await addressFor(runner, given, settings, services);
  if ('rollback' in outcome) {
    const { target, autoAssign, rollback } = outcome;
    const version = outcome.left ?? rollback.from ?? 'an unknown deployment';
    const handle = handleOf(runner, settings, {
      key,
      url,
      target,
      version,
      autoAssign,
      ledgerId: rollback.lockId ?? 0,
      startedAt: rollback.startedAt,
    });
    const outputs = commonOutputs(settings, services.project, { url, team: given.vercelTeam, handle });
    return describeRollback(runner, { ...rollback, warnings: outcome.warnings }, { reason, outputs });
  }
  for (const warning of outcome.warnings) runner.logger.warning(warning);
  const { decision, reasonCode, message } = outcome;
  const outputs = commonOutputs(settings, services.project, { url, team: given.vercelTeam });
  return {
    decision,
    reasonCode,
    summary: message,
    failed: decision === 'refused',
    outputs: { ...outputs, ...('target' in outcome ? { to: outcome.target.deploymentId } : {}) },
  };
}

function checkParts(given: Given): void {
  const unknown = (given.parts ?? []).filter((part) => part !== 'app');
  const problems = unknown.map((part) => ({
    name: 'parts',
    given: part,
    message: 'this version takes back the app only; edge functions and database are not touched',
    allowed: 'app',
  }));
  if (problems.length > 0) throw new InputError(problems);
}

async function addressFor(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  { project }: RollBackDependencies,
): Promise<string> {
  if (settings.url !== undefined) return settings.url;
  const host = placeOf(settings).host ?? (await project.readState()).productionDomains[0];
  return host === undefined ? '' : addressOf(host, vercelAddress(runner, given));
}

/** What the record of a rollback by hand needs; its ledger entry is the lock. */
function handleOf(
  { context }: Runner,
  settings: EnvironmentSettings,
  given: {
    key: string;
    url: string;
    target: RollbackTarget;
    version: string;
    autoAssign: boolean;
    ledgerId: number;
    startedAt: number;
  },
): ReleaseHandle {
  return {
    schemaVersion: 1,
    key: given.key,
    environment: settings.environment,
    production: settings.production,
    ...placeOf(settings),
    ledgerId: given.ledgerId,
    repository: context.repository,
    runId: context.runId,
    runUrl: context.runUrl,
    actor: context.actor,
    commit: given.target.commit ?? context.sha,
    // What is taken back, as in a release that takes itself back.
    version: given.version,
    openedAt: given.startedAt,
    rollbackTarget: given.target,
    autoAssign: given.autoAssign,
    url: given.url,
    mode: settings.watch.mode ?? 'auto',
    firstDeployment: false,
  };
}
