import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createRunner } from '#action-kit/runner';
import { type Clock, systemClock } from '#http/clock';
import { closeLedger } from '#release/finish-release';
import { openLedger } from '#release/ledger';
import { reconcile } from '#release/reconcile';
import { formatReleaseHandle, parseReleaseHandle } from '#release/release-handle';
import { takeBack } from '#release/take-back';
import { recordWindow, watchContinues } from '#release/watch-record';
import {
  current,
  environment,
  type Reach,
  reset,
  runId,
  type Services,
  scene,
  setStage,
  type WatchStep,
} from '../../../packages/release/test/crash-stage.ts';
import { hurriedClock } from '../../../packages/release/test/hurried-clock.ts';
import { quietDependencies } from '../../../packages/release/test/scene.ts';
import { main } from '../src/main.ts';

/** Counts of the users' requests in the time that is asked for, as any JSON: half of them fail while `sick` is served, in /history always. */
interface Users {
  address: string;
  sick: string | undefined;
  /** Questions that are answered with a failure before it answers: a blind source. */
  blindFor: number;
  close(): void;
}

async function startUsers(): Promise<Users> {
  const server: Server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://users');
    const requests = 100 * (Number(searchParams.get('until')) - Number(searchParams.get('from')));
    const isSick = own.sick !== undefined && (pathname === '/history' || scene.served() === own.sick);
    own.blindFor -= 1;
    response.writeHead(own.blindFor >= 0 ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ requests, errors: isSick ? requests / 2 : 0 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own: Users = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sick: undefined,
    blindFor: 0,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return own;
}

export let users: Users;
let counted = 0;

export async function startStage(): Promise<void> {
  await setStage();
  users = await startUsers();
  await mkdir(join(scene.workspace, '.github'));
  await writeFile(join(scene.workspace, '.github/ops.yml'), 'watch: { after-rollback: 1s }\n');
}

export async function endStage(): Promise<void> {
  users.close();
  await scene.close();
}

/** A process that lives: everything reaches its service. */
export function alive(): Reach {
  const { vercel, github } = scene.sandbox.description;
  const addresses: Record<string, string> = { vercel: vercel.apiUrl, github: github.apiUrl, users: users.address };
  return { address: (service) => addresses[service] ?? '', signal: new AbortController().signal };
}

export function countFromHere(): void {
  counted = scene.sandbox.requests().length;
}

/** Rollbacks that Vercel took since `countFromHere`. */
export function acceptedRollbacks(): number {
  return scene.sandbox
    .requests()
    .slice(counted)
    .filter(({ method, path, status }) => method === 'POST' && /\/rollback\/dpl_/.test(path) && status === 201).length;
}

const names = {
  window: '3s',
  interval: '1s',
  rules: 'error-rate above 10%: immediately',
  baseline: '0s',
  source: 'http-json',
};

const times = '?from={from}&until={until}';

/** The action itself, in this process and four times as fast as the machine's clock, with its requests on the way that a test gave it. */
export async function watchAction(
  reach: Reach,
  more: { inputs?: Record<string, string>; attempt?: number; runId?: number; clock?: Clock } = {},
) {
  const { vercel, github } = scene.sandbox.description;
  const inputs = {
    ...names,
    environment,
    'source-url': `${reach.address('users')}/counts${times}`,
    'vercel-api-url': reach.address('vercel'),
    'vercel-token': vercel.token,
    'vercel-project': vercel.projectId,
    'vercel-team': vercel.teamId,
    'github-token': github.token,
    ...more.inputs,
  };
  const given = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  return await main(
    createRunner({
      environment: {
        ...Object.fromEntries(given),
        GITHUB_API_URL: reach.address('github'),
        GITHUB_REPOSITORY: github.repository,
        GITHUB_REPOSITORY_ID: String(scene.sandbox.repositoryId),
        GITHUB_SHA: scene.commits.at(-1) ?? '',
        GITHUB_RUN_ID: String(more.runId ?? runId),
        GITHUB_RUN_ATTEMPT: String(more.attempt ?? 1),
        GITHUB_WORKSPACE: scene.workspace,
        RUNNER_TEMP: scene.workspace,
      },
      signal: reach.signal,
      write: () => {},
      clock: more.clock ?? hurriedClock(4),
    }),
  );
}

/** As a step of a release: a verdict only, the steps behind it act. */
export function watchStep(reach: Reach): WatchStep {
  return async (handle, deploymentId) => {
    const inputs = { act: 'false', release: formatReleaseHandle(handle), 'deployment-id': deploymentId };
    const { decision, summary, failed } = await watchAction(reach, { inputs });
    reach.signal.throwIfAborted();
    return { outcome: failed ? 'failure' : 'success', decision, reason: summary };
  };
}

/** A release whose job ended and whose window, which began 20 s ago, no run has judged yet; one of 12 s is known whole by now. */
export async function handOff(windowMs = 12_000): Promise<{ bad: string }> {
  await reset();
  const { github, project } = await scene.connect();
  const bad = await scene.stage({});
  const handle = await scene.open({ runId, environment, target: current, version: 'v2.0.0' });
  const ledger = openLedger(github, handle);
  await ledger.record('promote', 'intent', bad);
  await project.promote(bad, {});
  await project.setAutoAssign(true);
  await ledger.record('promote', 'outcome', 'promoted', bad);
  const rules = ['error-rate above 10%: immediately'];
  await recordWindow(ledger, { since: Date.now() - 20_000, windowMs, intervalMs: 4_000, rules });
  await ledger.record('release', 'outcome', watchContinues, 'window_open');
  return { bad };
}

/** A run of watch.yml: the verdict, then the steps behind it. */
export async function continueHandedOff(
  through: Services,
  reach: Reach,
  watchRun: number,
  clock = systemClock,
): Promise<string> {
  const inputs = { continue: 'true', 'source-url': `${reach.address('users')}/history${times}` };
  const { decision, summary, failed, outputs = {} } = await watchAction(reach, { inputs, runId: watchRun, clock });
  reach.signal.throwIfAborted();
  if (outputs.release === undefined || decision === watchContinues) return decision;
  const handle = parseReleaseHandle(outputs.release);
  const settings = scene.settings({ environment });
  const back = await takeBack(
    { ...through, ...quietDependencies },
    {
      handle,
      settings,
      deploymentId: outputs['deployment-id'] ?? '',
      outcomes: {
        jobStatus: 'success',
        promote: { outcome: outputs['promote-outcome'] === 'skipped' ? 'skipped' : 'success', decision: 'handed-off' },
        health: { outcome: 'skipped' },
        smoke: { outcome: 'skipped' },
        watch: { outcome: failed ? 'failure' : 'success', decision, reason: summary },
      },
      lockExpiryMs: 24 * 3_600_000,
      promoteInstead: false,
    },
  );
  const superseded = back.act === 'not-needed' && back.reasonCode === 'superseded';
  const ended = back.act === 'roll-back' ? 'rolled-back' : superseded ? 'superseded' : 'released';
  await closeLedger(through.github, handle, { decision: ended, reasonCode: 'test' });
  return ended;
}

/** `reconcile` alone, by a clock of GitHub's that is so much later. */
export async function reconciledLater(laterMs: number, watchRun: number) {
  const { github, project } = await scene.connect();
  const serverTime = () => github.serverTime() + laterMs;
  return await reconcile(
    { github: Object.assign(Object.create(github), { serverTime }), project, ...quietDependencies },
    { settings: scene.settings({ environment }), repository: github.repository, endedRuns: [runId, watchRun] },
  );
}
