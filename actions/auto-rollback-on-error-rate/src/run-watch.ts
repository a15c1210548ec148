import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import { createSource } from '#observe/sources/registry';
import { observeWindow, type Watch, type WatchOutcome } from '#observe/watch';
import type { ProbeContext } from '#probe/probe';
import type { VercelConnection } from '#vercel/project';
import { ownChecks } from './own-checks.ts';
import type { Given, WatchPlan } from './plan-watch.ts';
import { openGitHub, takenOverBy } from './services.ts';
import { vendorParts } from './vendor-parts.ts';

/** Opens what a plan names and watches one deployment to the end; `context` is that of our own checks. @throws InputError. */
export async function runWatch<Seen extends { outcome: WatchOutcome }>(
  runner: Runner,
  given: Given,
  about: {
    plan: WatchPlan;
    settings: EnvironmentSettings;
    connection: VercelConnection | undefined;
    deploymentId: string | undefined;
    /** Release key: a lock under it is our own. */
    key: string;
    commit: string;
  },
  /** Ends by the signal at the latest. */
  observe: (watch: Watch, signal: AbortSignal) => Promise<Seen>,
): Promise<Seen & { context: ProbeContext }> {
  const { clock, signal, logger } = runner;
  const { plan, settings, connection, deploymentId, key, commit } = about;
  // What is still asked when the verdict is there must not keep the process from ending.
  const over = new AbortController();
  const watching = AbortSignal.any([signal, over.signal]);
  const secret = { bypassSecret: given.protectionBypassSecret, connection };
  const checks = await ownChecks({ signal: watching, clock, logger }, plan, secret);
  const made = {
    vercel: connection,
    deploymentId,
    httpJson: plan.httpJson,
    vendors: vendorParts(runner, given, settings, plan, commit),
    except: plan.except,
    clock,
    signal,
    rounds: checks.rounds,
    own: checks.own,
  };
  const [source, ...others] = await Promise.all(plan.sources.map((name) => createSource(name, made)));
  if (!source) throw new TypeError('a plan without a source');
  for (const note of plan.notes) logger.warning(note);
  const github = await openGitHub(runner, given.githubToken, watching);
  const watch: Watch = {
    ...plan,
    source,
    others,
    probes: plan.checks.length === 0 ? undefined : checks,
    superseded: takenOverBy(github, { environment: settings.environment, key }),
    clock,
    signal,
    log: logger.info,
  };
  const seen = await observe(watch, watching);
  over.abort(new Error('the watch is over'));
  return { ...seen, context: { ...checks.context, signal } };
}

/** Until a rule fails or the window is over. */
export async function watchOnly(watch: Watch): Promise<{ outcome: WatchOutcome }> {
  return { outcome: await observeWindow(watch) };
}
