import { join } from 'node:path';
import { createGitHub } from '#github/client';
import { type RunnerEvent, type RunOptions, type RunReport, runComposite } from '#local-runner/run-composite';
import { readReleases } from '#release/ledger';
import { type Lock, readOpenLocks } from '#release/lock';
import type { ReleaseRecord } from '#release/release-record';
import type { Sandbox, SandboxOptions } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { type Changes, type ConsumerRepository, createConsumerRepository } from './consumer-repository.ts';
import { readIssues, readSlackTexts } from './people.ts';

const library = join(import.meta.dirname, '../..');

/** A configuration whose whole release takes seconds: own checks as the source, a watch of one second. */
export const fastOps = {
  version: 1,
  vercel: { project: 'notes-app', team: 'sandbox-team', deadline: '20s' },
  health: {
    checks: [{ path: '/api/health', json: { '$.status': 'healthy' } }],
    consecutive: 1,
    interval: '100ms',
    timeout: '2s',
    deadline: '2s',
  },
  watch: { source: 'probe', window: '1s', interval: '500ms' },
  slack: 'C000000001',
} as const;

export interface FixtureOptions {
  /** Replaces whole sections of `fastOps`; a text replaces the file as it is. */
  ops?: object | string;
  /** Starts PostgreSQL and keeps the migrations; else the app has neither. Default false. */
  database?: boolean;
  /** What else differs from the example. */
  files?: Changes;
  sandbox?: SandboxOptions;
}

export interface RunRequest {
  /** Tag to check out; committed on top of what is there when it does not exist yet. */
  version: string;
  /** What differs from the fixture's app in this version, when it is committed now; later versions do not have it. */
  files?: Changes;
  /** An empty text leaves a default input out. */
  inputs?: Record<string, string>;
  environment?: Record<string, string>;
  runId?: number;
  runAttempt?: number;
  signal?: AbortSignal;
  onEvent?: (event: RunnerEvent) => void;
}

/** How a run of a composite ended. */
export interface Ended {
  conclusion: RunReport['conclusion'];
  decision: string | undefined;
  reasonCode: string | undefined;
  /** Output `summary`: the one last line. */
  lastLine: string;
  deploymentId: string;
  report: RunReport;
  errors: string[];
  warnings: string[];
  seconds: number;
  /** The JSON of a step's `result`, by the step's id. */
  result(id: string): Record<string, unknown>;
}

/** A consumer with a repository, a Vercel project, GitHub and Slack; everything runs through the composites as committed. */
export interface ReleaseFixture extends AsyncDisposable {
  sandbox: Sandbox;
  repository: ConsumerRepository;
  /** Address of production, with scheme. */
  address: string;
  release(request: RunRequest): Promise<Ended>;
  rollback(request: RunRequest): Promise<Ended>;
  /** Deployment that the production domain serves. */
  served(): string | undefined;
  autoAssign(): boolean;
  locks(environment?: string): Promise<Lock[]>;
  /** Releases in the ledger, oldest first. */
  entries(environment?: string): Promise<ReleaseRecord[]>;
  slack(): Promise<string[]>;
  issues(): Promise<{ title: string; body: string }[]>;
  /** Requests of this kind that Vercel accepted. */
  accepted(kind: 'promote' | 'rollback'): number;
  /** Requests that change something at Vercel or GitHub, as `POST /path`. */
  writes(service: 'vercel' | 'github' | 'slack'): string[];
}

export async function releaseFixture(options: FixtureOptions = {}): Promise<ReleaseFixture> {
  const ops = typeof options.ops === 'string' ? options.ops : JSON.stringify({ ...fastOps, ...options.ops }, null, 2);
  const repository = await createConsumerRepository({
    '.github/ops.yml': ops,
    ...(options.database === true ? {} : { supabase: null }),
    ...options.files,
  });
  const sandbox = await startSandbox({
    gitDirectory: repository.directory,
    postgres: options.database === true,
    ...options.sandbox,
    vercel: { readyDelayMs: 50, aliasDelayMs: 50, ...options.sandbox?.vercel },
  });
  const { vercel, github, slack, postgres } = sandbox.description;
  const client = createGitHub({ apiUrl: github.apiUrl, token: github.token, repository: github.repository });
  const [address = ''] = vercel.domains;
  const commits = new Map<string, string>();
  let runs = 1000;

  async function run(composite: 'deploy' | 'rollback', request: RunRequest): Promise<Ended> {
    const { version } = request;
    const sha = commits.get(version) ?? (await repository.commit(version, request.files));
    commits.set(version, sha);
    const standard = {
      environment: 'production',
      'github-token': github.token,
      'vercel-token': vercel.token,
      'slack-bot-token': slack.token,
      'vercel-api-url': vercel.apiUrl,
      'slack-api-url': slack.apiUrl,
      ...(composite === 'deploy' ? { version, 'database-url': postgres.url } : {}),
    };
    const startedAt = Date.now();
    const given: RunOptions = {
      action: join(library, composite),
      inputs: { ...standard, ...request.inputs },
      secrets: [github.token, vercel.token, slack.token],
      ...(request.environment && { environment: request.environment }),
      eventName: composite === 'deploy' ? 'push' : 'workflow_dispatch',
      event: { ref: `refs/tags/${version}` },
      github: {
        repository: github.repository,
        repositoryId: sandbox.repositoryId,
        sha,
        ref: `refs/tags/${version}`,
        runId: request.runId ?? ++runs,
        runAttempt: request.runAttempt ?? 1,
        actor: 'release-manager',
        token: github.token,
        apiUrl: github.apiUrl,
      },
      workspace: await repository.checkOut(version),
      ...(request.signal && { signal: request.signal }),
      ...(request.onEvent && { onEvent: request.onEvent }),
    };
    return toEnded(await runComposite(given), (Date.now() - startedAt) / 1000);
  }

  return {
    sandbox,
    repository,
    address,
    release: (request) => run('deploy', request),
    rollback: (request) => run('rollback', request),
    served: () => sandbox.vercel.servedBy(address),
    autoAssign: () => sandbox.vercel.project.autoAssignCustomDomains,
    locks: (environment = 'production') => readOpenLocks(client, environment),
    async entries(environment = 'production') {
      return (await Array.fromAsync(readReleases(client, { environment }))).toReversed();
    },
    slack: () => readSlackTexts(slack),
    issues: () => readIssues(github),
    accepted(kind) {
      const moves = sandbox.requests().filter(({ service, method, path }) => {
        return service === 'vercel' && method === 'POST' && new RegExp(`/${kind}/dpl_`).test(path);
      });
      return moves.filter(({ status }) => status >= 200 && status < 300).length;
    },
    writes(service) {
      const sent = sandbox.requests().filter((one) => one.service === service && !/^(GET|HEAD)$/.test(one.method));
      return sent.map(({ method, path }) => `${method} ${path}`);
    },
    async [Symbol.asyncDispose]() {
      await sandbox.close();
      await repository[Symbol.asyncDispose]();
    },
  };
}

function toEnded(report: RunReport, seconds: number): Ended {
  const { outputs, annotations, conclusion } = report;
  const messages = (level: string) => annotations.filter((one) => one.level === level).map(({ message }) => message);
  return {
    conclusion,
    decision: outputs.decision,
    reasonCode: outputs['reason-code'],
    lastLine: outputs.summary ?? '',
    deploymentId: outputs['deployment-id'] ?? '',
    report,
    errors: messages('error'),
    warnings: messages('warning'),
    seconds,
    result(id) {
      const step = report.steps.find((one) => one.id === id && one.path.length === 2);
      return JSON.parse(step?.outputs.result ?? '{}') as Record<string, unknown>;
    },
  };
}
