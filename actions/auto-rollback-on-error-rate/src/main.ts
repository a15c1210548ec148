import { vercelConnection } from '#action-kit/connections';
import { InputError } from '#action-kit/input-error';
import { readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { createSource } from '#observe/sources/registry';
import { observeWindow } from '#observe/watch';
import { decideAction } from './decide-action.ts';
import { describeWatch } from './describe-watch.ts';
import { inputs } from './inputs.ts';
import { ownChecks } from './own-checks.ts';
import { planWatch } from './plan-watch.ts';
import { openGitHub, takenOverBy, watchedDeployment } from './services.ts';
import { takeBack } from './take-back.ts';
import { vendorParts } from './vendor-parts.ts';

/** Watches the error rate of a deployment and decides; with `act` it takes a bad release back itself. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const settings = await loadSettings(runner, given);
  const { clock, signal, logger, context } = runner;
  const handle = given.release && (await import('#release/release-handle')).parseReleaseHandle(given.release);
  const plan = planWatch(given, settings, handle ? handle.mode : undefined);
  // The whole input is masked already; a log may show the value without its name.
  for (const value of Object.values(plan.httpJson?.headers ?? {})) runner.mask(value);
  const connection = vercelConnection(runner, given, settings);
  const github = await openGitHub(runner, given.githubToken);
  // What is still asked when the verdict is there must not keep the process from ending.
  const over = new AbortController();
  const watching = AbortSignal.any([signal, over.signal]);
  const { environment } = settings;
  if (given.act && plan.mode === 'auto' && (!connection || !github || environment === '')) {
    const message =
      'takes the way back itself in mode auto: that needs environment, github-token, vercel-token and vercel-project';
    throw new InputError([{ name: 'act', given: 'true', message, allowed: 'false, or mode observe or notify' }]);
  }
  const key = handle ? handle.key : `${context.repositoryId}:${environment}:${context.runId}`;
  const deploymentId = await watchedDeployment(given.deploymentId, connection);

  const secret = { bypassSecret: given.protectionBypassSecret, connection };
  const checks = await ownChecks({ signal: watching, clock, logger }, plan, secret);
  const vendors = vendorParts(runner, given, settings, plan, handle ? handle.commit : context.sha);
  const parts = {
    vercel: connection,
    deploymentId,
    httpJson: plan.httpJson,
    vendors,
    except: plan.except,
    clock,
    signal,
  };
  const made = { ...parts, rounds: checks.rounds, own: checks.own };
  const [source, ...others] = await Promise.all(plan.sources.map((name) => createSource(name, made)));
  if (!source) throw new TypeError('a plan without a source');
  for (const note of plan.notes) logger.warning(note);
  const outcome = await observeWindow({
    ...plan,
    source,
    others,
    probes: plan.checks.length === 0 ? undefined : checks,
    superseded: takenOverBy(await openGitHub(runner, given.githubToken, watching), { environment, key }),
    clock,
    signal,
    log: logger.info,
  });
  over.abort(new Error('the watch is over'));

  const decision = decideAction(outcome, plan, given);
  const back =
    decision.act && connection && github
      ? await takeBack({
          github,
          connection,
          settings,
          plan,
          context: { ...checks.context, signal },
          key,
          runId: context.runId,
          runUrl: context.runUrl,
          commit: context.sha,
          target: given.rollbackTarget ?? 'previous',
          reason: decision.summary,
          clock,
          log: logger.info,
        })
      : undefined;
  for (const warning of back?.warnings ?? []) logger.warning(warning);
  return describeWatch(outcome, decision, { plan, deploymentId, rollbackTarget: given.rollbackTarget }, back);
}
