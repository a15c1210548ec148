import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGitHub, type GitHub } from '#github/client';
import { createHttpClient } from '#http/client';
import { type RunReport, runComposite } from '#local-runner/run-composite';
import { openLedger, openRelease } from '#release/ledger';
import { releaseKey } from '#release/release-handle';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import type { Gate } from '../../packages/release/test/gate.ts';
import type { Consumer } from './consumer.ts';

const library = join(import.meta.dirname, '../..');

export type Version = keyof Consumer['commits'];

export interface Run {
  composite: 'deploy' | 'rollback';
  version: Version;
  runId: number;
  attempt: number;
  /** The run's only way to Vercel, GitHub and Slack. */
  gate?: Pick<Gate, 'address'>;
  /** The run's way to the database where it is not the direct one. */
  databaseUrl?: string;
  /** Further inputs of the composite. */
  inputs?: Record<string, string>;
  lost?: AbortSignal;
}

/** One Vercel project with GitHub, Slack and a database, as one release finds it. */
export interface World extends AsyncDisposable {
  sandbox: Sandbox;
  github: GitHub;
  databaseUrl: string;
  /** The addresses that a gate stands before. */
  services: Record<'vercel' | 'github' | 'slack', string>;
  /** Releases that were made before, oldest first; the last one is served. */
  released: { version: Version; deploymentId: string }[];
  /** A fresh runner: an empty temporary folder and a fresh checkout. */
  run(given: Run): Promise<RunReport>;
  keyOf(runId: number): string;
  served(): string | undefined;
}

/** A world in which these versions were released and everything is quiet. */
export async function createWorld(given: {
  consumer: Consumer;
  databaseUrl: string;
  ageRecipient: string;
  released: readonly Version[];
}): Promise<World> {
  const { consumer, databaseUrl } = given;
  const sandbox = await startSandbox({
    gitDirectory: consumer.directory,
    repository: 'acme/app',
    postgres: false,
    vercel: { readyDelayMs: 20, aliasDelayMs: 20 },
  });
  const { vercel, github, slack } = sandbox.description;
  const [domain = ''] = vercel.domains;
  sandbox.vercel.setEnvironment(sandbox.vercel.project, { PRODUCTION_HOST: new URL(domain).host });
  const client = createGitHub({ apiUrl: github.apiUrl, token: github.token, repository: github.repository });
  const keyOf = (runId: number) => releaseKey({ repositoryId: sandbox.repositoryId, environment: 'production', runId });
  const released: World['released'] = [];
  try {
    for (const [index, version] of given.released.entries()) {
      const deploymentId = await goLive(sandbox, await consumer.checkOut(version), keyOf(index + 1));
      await record(client, { key: keyOf(index + 1), runId: index + 1, version, deploymentId, consumer });
      released.push({ version, deploymentId });
    }
  } catch (error) {
    await sandbox.close();
    throw error;
  }
  return {
    sandbox,
    github: client,
    databaseUrl,
    services: { vercel: vercel.apiUrl, github: github.apiUrl, slack: new URL(slack.apiUrl).origin },
    released,
    keyOf,
    served: () => sandbox.vercel.servedBy(domain),
    async run({ composite, version, runId, attempt, gate, lost, inputs, ...more }) {
      const through = (service: keyof World['services'], direct: string) => gate?.address(service) ?? direct;
      return runComposite({
        action: join(library, composite),
        inputs: {
          environment: 'production',
          'github-token': github.token,
          'vercel-token': vercel.token,
          'slack-bot-token': slack.token,
          'vercel-api-url': through('vercel', vercel.apiUrl),
          'slack-api-url': gate === undefined ? slack.apiUrl : `${gate.address('slack')}/api/`,
          ...(composite === 'rollback'
            ? { reason: 'checkout is down', confirm: 'production' }
            : { version, 'database-url': more.databaseUrl ?? databaseUrl, 'age-recipients': given.ageRecipient }),
          ...inputs,
        },
        secrets: [github.token, vercel.token, slack.token],
        eventName: composite === 'deploy' ? 'push' : 'workflow_dispatch',
        event: { ref: `refs/tags/${version}` },
        github: {
          repository: github.repository,
          repositoryId: sandbox.repositoryId,
          sha: consumer.commits[version],
          ref: `refs/tags/${version}`,
          runId,
          runAttempt: attempt,
          actor: 'release-manager',
          token: github.token,
          apiUrl: through('github', github.apiUrl),
        },
        workspace: await consumer.checkOut(version),
        ...(lost === undefined ? {} : { lost }),
      });
    },
    [Symbol.asyncDispose]: () => sandbox.close(),
  };
}

/** Uploads and promotes as an earlier release did, and puts auto-assign back as it does at its end. */
async function goLive(sandbox: Sandbox, checkout: string, key: string): Promise<string> {
  const { apiUrl, token, teamId, projectId, projectName } = sandbox.description.vercel;
  const client = createHttpClient({ baseUrl: apiUrl, headers: { authorization: `Bearer ${token}` } });
  const names = ['package.json', 'public/index.html', 'api/health.js', 'VERSION'];
  const files = await Promise.all(
    names.map(async (file) => ({ file, data: await readFile(join(checkout, file), 'utf8') })),
  );
  const migrations = (await readdir(join(checkout, 'supabase/migrations'))).toSorted();
  const opsMigration = /^\d+/.exec(migrations.at(-1) ?? '')?.[0] ?? '';
  const body = { name: projectName, project: projectId, target: 'production', autoAssignCustomDomains: false };
  const created = await client.request({
    method: 'POST',
    path: '/v13/deployments',
    query: { teamId },
    json: { ...body, meta: { opsRelease: key, opsMigration }, files },
  });
  const { id } = created.json<{ id: string }>();
  const { project } = sandbox.vercel;
  const isReady = () => sandbox.vercel.deployments().some((one) => one.id === id && one.readyState === 'READY');
  await until(isReady);
  // The first deployment of a project goes live by itself.
  if (sandbox.vercel.deployments().length > 1) {
    const path = `/v10/projects/${projectId}/promote/${id}`;
    await client.request({ method: 'POST', path, query: { teamId }, json: {} });
  }
  await until(() => project.productionDeploymentId === id);
  await client.request({
    method: 'PATCH',
    path: `/v9/projects/${projectId}`,
    query: { teamId },
    json: { autoAssignCustomDomains: true },
  });
  return id;
}

async function record(
  github: GitHub,
  given: { key: string; runId: number; version: Version; deploymentId: string; consumer: Consumer },
): Promise<void> {
  const { key, runId, version, deploymentId, consumer } = given;
  const { record: entry } = await openRelease(github, {
    environment: 'production',
    production: true,
    payload: {
      schemaVersion: 1,
      key,
      runId,
      commit: consumer.commits[version],
      version,
      as: 'production',
      autoAssign: true,
      mode: 'auto',
      firstDeployment: false,
    },
  });
  const ledger = openLedger(github, { ledgerId: entry.id });
  await ledger.record('promote', 'intent', deploymentId);
  await ledger.record('promote', 'outcome', 'promoted', `${deploymentId} promoted`);
  await ledger.record('release', 'outcome', 'released', 'passed', { state: 'success' });
}

export async function until(true_: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!true_()) {
    if (Date.now() > deadline) throw new Error('it did not happen within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
