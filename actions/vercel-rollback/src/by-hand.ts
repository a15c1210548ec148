import { vercelAddress } from '#action-kit/connections';
import type { InputProblem } from '#action-kit/input-error';
import { InputError, type InputValues } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { defaults } from '#config/defaults';
import type { EnvironmentSettings } from '#config/settings';
import { cleanText } from '#http/text';
import { defaultLockExpiryMs } from '#release/lock';
import { nameOf } from '#release/name-of-target';
import { placeOf } from '#release/read-environment';
import { type ReleaseHandle, type RollbackTarget, releaseKey } from '#release/release-handle';
import type { RollBackDependencies } from '#release/roll-back';
import { rollBackByHand } from '#release/roll-back-by-hand';
import { describeScenario, movesTheApp } from '#release/scenario';
import type { FunctionsBack } from '#release/take-functions-back';
import { addressOf } from '#vercel/deployment-address';
import { announce } from './announce.ts';
import { lockExpiryFor, lockForDatabase } from './database-lock.ts';
import { planDatabase, withDatabase } from './database-part.ts';
import { functionsPartOf, withFunctions } from './functions-part.ts';
import type { inputs } from './inputs.ts';
import { commonOutputs, describeRollback } from './outputs.ts';
import { chosenScenario, recordScenario, withoutTheApp, withScenario } from './scenario-part.ts';
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
  const scenario = chosenScenario(given, settings);
  if (scenario !== undefined && !movesTheApp(scenario, settings))
    return withoutTheApp(runner, settings, scenario, given.dryRun);
  const services = await openServices(runner, given, settings);
  const parts = given.parts ?? ['app', 'functions'];
  const { environment } = settings;
  const functions = functionsPartOf(runner, given, settings, services.github);
  const takesFunctions = parts.includes('functions');
  const appToo = parts.includes('app');
  const { context } = runner;
  const key = releaseKey({ ...context, environment: settings.environment });
  const why = given.reason ?? 'rollback by hand, no reason given';
  const reason = scenario === undefined ? why : `${describeScenario(scenario)} (${why})`;
  const neededMs = settings.database.rollbackLimitMs ?? defaults.database.rollbackLimitMs;
  // The database goes back under the lock of the app.
  const lockExpiryMs = lockExpiryFor(
    settings.release.lockExpiryMs ?? defaultLockExpiryMs,
    parts.includes('database') ? neededMs : undefined,
  );
  const databaseOf = async (target: RollbackTarget, back: boolean) => {
    if (!parts.includes('database')) return undefined;
    const { production } = settings;
    const app = { environment, production, target, back, dryRun: given.dryRun };
    const part = await planDatabase(services.project, app);
    const { deploymentId, version } = target;
    return await lockForDatabase(services, part, {
      schemaVersion: 1,
      environment,
      production,
      ref: context.sha,
      key,
      reason,
      runId: context.runId,
      ...(context.runUrl === '' ? {} : { runUrl: context.runUrl }),
      target: { deploymentId, ...(version === undefined ? {} : { version }) },
      from: deploymentId,
      expiresAfterMs: lockExpiryMs,
      as: placeOf(settings).as,
      policy: settings.database.rollbackPolicy,
      neededMs,
    });
  };
  const outcome = await rollBackByHand(services, {
    settings,
    key,
    runId: context.runId,
    runUrl: context.runUrl === '' ? undefined : context.runUrl,
    commit: context.sha,
    target: given.target,
    reason,
    operator: context.actor === '' ? undefined : context.actor,
    // Without the app only the target is looked up.
    dryRun: given.dryRun || !appToo,
    allowUnsafe: given.allowUnsafe,
    beside: takesFunctions ? async (target) => void (await functions.back({ environment, target })) : undefined,
    announce: (target, version) => announce(runner, given, settings, { version, target, reason }),
    lockExpiryMs,
    repeated: context.runAttempt > 1,
    promoteInstead: settings.vercel.rollbackFallback !== 'none',
  });
  const url = await addressFor(runner, given, settings, services);
  if ('rollback' in outcome) {
    const { target, autoAssign, rollback, leftPromotedAt } = outcome;
    const version = outcome.left ?? rollback.from ?? 'an unknown deployment';
    const handle = handleOf(runner, settings, {
      key,
      url,
      target,
      version,
      autoAssign,
      ledgerId: rollback.lockId ?? 0,
      startedAt: rollback.startedAt,
      slack: rollback.announced?.place,
    });
    const outputs = {
      ...commonOutputs(settings, services.project, { url, team: given.vercelTeam, handle }),
      ...(leftPromotedAt === undefined ? {} : { 'promoted-at': String(leftPromotedAt / 1000) }),
    };
    const described = describeRollback(runner, { ...rollback, warnings: outcome.warnings }, { reason, outputs });
    const back = rollback.decision === 'failed' ? 'failed' : 'done';
    if (scenario !== undefined) await recordScenario(runner, services.github, scenario, rollback);
    const result = withScenario(described, scenario, { ...settings, back, at: runner.clock.now() });
    const moved = rollback.decision === 'rolled-back' || rollback.decision === 'already-current';
    return withDatabase(withFunctions(result, functions.last, true), await databaseOf(target, moved));
  }
  for (const warning of outcome.warnings) runner.logger.warning(warning);
  const { decision, reasonCode, message } = outcome;
  const outputs = commonOutputs(settings, services.project, { url, team: given.vercelTeam, app: appToo });
  // Domains that are back already say nothing about functions.
  if (takesFunctions && 'target' in outcome) {
    const { target } = outcome;
    const back = await functions.back({ environment, target }, given.dryRun);
    if (!appToo && !given.dryRun) {
      const alone = functionsAlone(back, nameOf(target), outputs);
      return withDatabase(alone, await databaseOf(target, decision === 'already-current'));
    }
  }
  const result: Result = {
    decision,
    reasonCode,
    summary: message,
    failed: decision === 'refused',
    outputs: { ...outputs, ...('target' in outcome ? { to: outcome.target.deploymentId } : {}) },
  };
  const back = decision === 'already-current';
  const database = 'target' in outcome ? await databaseOf(outcome.target, back) : undefined;
  const at = runner.clock.now();
  const told = withScenario(result, scenario, { ...settings, back: back ? 'done' : 'open', at });
  return withDatabase(withFunctions(told, functions.last, true), database);
}

/** `functions-restored`, for the domains did not move: no checks of the app follow. */
function functionsAlone(back: FunctionsBack, target: string, outputs: Record<string, string>): Result {
  const failed = back.outcome === 'failed';
  return {
    decision: failed ? 'failed' : back.outcome === 'restored' ? 'functions-restored' : 'already-current',
    reasonCode: back.reasonCode,
    summary: `Edge functions of ${target}: ${back.message}. The domains were not asked to move.`,
    failed,
    details: { functions: { ...back } },
    outputs: { ...outputs, functions: back.outcome },
  };
}

function checkParts(given: Given): void {
  const parts = given.parts ?? [];
  const unknown = parts.filter((part) => !['app', 'functions', 'database'].includes(part));
  const problems: InputProblem[] = unknown.map((part) => ({
    name: 'parts',
    given: part,
    message: 'is no part of a release',
    allowed: 'app, functions, database',
  }));
  if (parts.includes('database') && given.confirm === undefined)
    problems.push({
      name: 'confirm',
      message: 'is needed with parts: database, which takes rows and columns back',
      allowed: 'the name of the environment',
    });
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
    slack: { channel: string; ts: string } | undefined;
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
    ...(given.slack === undefined ? {} : { slack: given.slack }),
    rollbackTarget: given.target,
    autoAssign: given.autoAssign,
    url: given.url,
    mode: settings.watch.mode ?? defaults.watch.mode,
    firstDeployment: false,
  };
}
