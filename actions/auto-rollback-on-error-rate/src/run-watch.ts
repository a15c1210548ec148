import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import { rehearseBreach } from '#observe/rehearse-source';
import { createSources } from '#observe/sources/sources-of-apps';
import { observeWindow, type Watch, type WatchOutcome } from '#observe/watch';
import type { ProbeContext } from '#probe/probe';
import type { PreviousKept } from '#release/keep-previous';
import type { VercelConnection } from '#vercel/project';
import type { Keeper } from './kept-previous.ts';
import { ownChecks } from './own-checks.ts';
import type { Given, WatchPlan } from './plan-watch.ts';
import { openGitHub, takenOverBy } from './services.ts';
import { vendorParts } from './vendor-parts.ts';
import { watchedApps } from './watched-apps.ts';

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
    /** Every request counts as an error, to see the way back taken. */
    rehearsal?: boolean | undefined;
    /** Looks after the deployment that served before. */
    keeper?: Keeper | undefined;
  },
  /** Ends by the signal at the latest. */
  observe: (watch: Watch, signal: AbortSignal) => Promise<Seen>,
): Promise<Seen & { context: ProbeContext; previous: PreviousKept | undefined }> {
  const { clock, signal, logger } = runner;
  const { plan, settings, connection, deploymentId, key, commit } = about;
  // What is still asked when the verdict is there must not keep the process from ending.
  const over = new AbortController();
  const watching = AbortSignal.any([signal, over.signal]);
  const secret = { bypassSecret: given.protectionBypassSecret, connection };
  const checks = await ownChecks({ signal: watching, clock, logger }, plan, secret);
  // What serves after a way back was never handed over by a promotion.
  const promotedAt = given.restored || given.promotedAt === undefined ? undefined : Number(given.promotedAt) * 1000;
  const made = {
    vercel: connection,
    deploymentId,
    promotedAt,
    journal: given.restored ? undefined : given.logs,
    httpJson: plan.httpJson,
    vendors: vendorParts(runner, given, settings, plan, commit),
    except: plan.except,
    clock,
    signal,
    rounds: checks.rounds,
    own: checks.own,
  };
  const github = await openGitHub(runner, given.githubToken, watching);
  const apps = await watchedApps(plan, { settings, connection, github, deploymentId, ownOf: checks.ownOf });
  const opened = await createSources(plan, made, apps);
  const [source, ...others] = about.rehearsal ? opened.map((one) => rehearseBreach(one, plan.minRequests)) : opened;
  if (!source) throw new TypeError('a plan without a source');
  for (const note of plan.notes) logger.warning(note);
  const watch: Watch = {
    ...plan,
    source,
    others,
    promotedAt,
    probes: plan.checks.length === 0 ? undefined : checks,
    superseded: takenOverBy(github, { environment: settings.environment, key }),
    clock,
    signal,
    log: logger.info,
  };
  const keptSoFar = about.keeper?.(checks.own, watching);
  const seen = await observe(watch, watching);
  over.abort(new Error('the watch is over'));
  // A verdict waits for nobody who is still being asked or told about the deployment before.
  return { ...seen, context: { ...checks.context, signal }, previous: keptSoFar?.() };
}

/** Until a rule fails or the window is over. */
export async function watchOnly(watch: Watch): Promise<{ outcome: WatchOutcome }> {
  return { outcome: await observeWindow(watch) };
}
