import { join } from 'node:path';
import { runTool } from '#child-process/run-tool';
import { createGitHub } from '#github/client';
import { type RunnerEvent, type RunOptions, type RunReport, runComposite } from '#local-runner/run-composite';
import { readReleases } from '#release/ledger';
import { type Lock, readOpenLocks } from '#release/lock';
import type { ReleaseRecord } from '#release/release-record';
import type { Sandbox, SandboxOptions } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import {
  type Changes,
  type CommitWords,
  type ConsumerRepository,
  createConsumerRepository,
} from './consumer-repository.ts';
import { readIssues, readSlackTexts } from './people.ts';
import { workflowComposite } from './workflow-composite.ts';

const library = join(import.meta.dirname, '../..');

/** A configuration whose whole release takes seconds: own checks as the source, a watch of one second. */
export const fastOps = {
  version: 1,
  vercel: { project: 'notes-app', team: 'sandbox-team', deadline: '60s' },
  health: {
    checks: [{ path: '/api/health', json: { '$.status': 'healthy' } }],
    consecutive: 1,
    interval: '100ms',
    // A function is a process that starts cold, on a loaded machine beside others.
    timeout: '8s',
    deadline: '10s',
  },
  watch: { source: 'probe', window: '1s', interval: '500ms' },
  slack: 'C000000001',
} as const;

/** The health gate where a release is meant to fail it: it waits for the whole deadline. */
export const soonSick = { ...fastOps.health, timeout: '4s', deadline: '5s' } as const;

/** The shortest watch: one interval. */
export const shortWatch = { source: 'probe', window: '500ms', interval: '500ms' };

/** An api/health.js that is healthy at the deployment's own address and sick at any other. */
export const sickInPublic = `export function GET(request) {
  const isPublic = request.headers.get('host') !== process.env.VERCEL_URL;
  return Response.json({ status: isPublic ? 'sick' : 'healthy' }, { status: isPublic ? 503 : 200 });
}
`;

/** `fastOps` with whole sections replaced, as the text of an ops.yml (JSON is YAML). */
export function opsFile(sections: object = {}): string {
  return JSON.stringify({ ...fastOps, ...sections }, null, 2);
}

export interface FixtureOptions {
  /** Sections that replace those of `fastOps`. */
  ops?: object;
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
  /** Author and message of that commit. */
  commit?: CommitWords;
  /** Who started the run; default release-manager. */
  actor?: string;
  /** An empty text leaves a default input out. */
  inputs?: Record<string, string>;
  environment?: Record<string, string>;
  runId?: number;
  runAttempt?: number;
  signal?: AbortSignal;
  onEvent?: (event: RunnerEvent) => void;
  /** Every line as a process wrote it, secrets included. */
  onRawLine?: (line: string) => void;
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
  /** One scheduled run of watch.yml, on what the version has checked out. */
  watch(request: RunRequest): Promise<Ended>;
  /** One run of rehearse-rollback.yml on staging, its job with secrets. */
  rehearse(request: RunRequest): Promise<Ended>;
  /** `ops-actions <words>` as a person would type it, tokens in the environment; answers what it printed. */
  command(...words: string[]): Promise<string>;
  /** Commits and tags a version without releasing it. */
  commit(version: string, files?: Changes): Promise<void>;
  /** A tag that somebody else made in the repository; it is released as it is. */
  tagged(version: string, commit: string): void;
  /** Deployment behind an address; default the production domain. */
  served(host?: string): string | undefined;
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
  const repository = await createConsumerRepository({
    '.github/ops.yml': opsFile(options.ops),
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

  const scheduled = {
    watch: await workflowComposite('watch.yml', 'watch'),
    rehearse: await workflowComposite('rehearse-rollback.yml', 'rehearse'),
  };

  async function run(composite: 'deploy' | 'rollback' | keyof typeof scheduled, request: RunRequest): Promise<Ended> {
    const { version } = request;
    const sha = commits.get(version) ?? (await repository.commit(version, request.files, request.commit));
    commits.set(version, sha);
    const workflow = composite === 'deploy' || composite === 'rollback' ? undefined : scheduled[composite];
    // As the workflows have them: no input names a service.
    const bySchedule = {
      environment: composite === 'rehearse' ? 'staging' : 'production',
      VERCEL_TOKEN: vercel.token,
      SLACK_BOT_TOKEN: slack.token,
    };
    const byHand = {
      environment: 'production',
      'github-token': github.token,
      'vercel-token': vercel.token,
      'slack-bot-token': slack.token,
      'vercel-api-url': vercel.apiUrl,
      'slack-api-url': slack.apiUrl,
      ...(composite === 'deploy' ? { version, 'database-url': postgres.url } : {}),
    };
    const startedAt = Date.now();
    const addresses = { OPS_ACTIONS_VERCEL_API_URL: vercel.apiUrl, OPS_ACTIONS_SLACK_API_URL: slack.apiUrl };
    const given: RunOptions = {
      action: workflow?.path ?? join(library, composite),
      inputs: { ...(workflow ? bySchedule : byHand), ...request.inputs },
      secrets: [github.token, vercel.token, slack.token],
      environment: { ...(workflow && addresses), ...request.environment },
      eventName: { deploy: 'push', rollback: 'workflow_dispatch', watch: 'schedule', rehearse: 'schedule' }[composite],
      event: { ref: `refs/tags/${version}` },
      github: {
        repository: github.repository,
        repositoryId: sandbox.repositoryId,
        sha,
        ref: `refs/tags/${version}`,
        runId: request.runId ?? ++runs,
        runAttempt: request.runAttempt ?? 1,
        actor: request.actor ?? 'release-manager',
        token: github.token,
        apiUrl: github.apiUrl,
      },
      workspace: await repository.checkOut(version),
      ...(request.signal && { signal: request.signal }),
      ...(request.onEvent && { onEvent: request.onEvent }),
      ...(request.onRawLine && { onRawLine: request.onRawLine }),
    };
    return toEnded(await runComposite(given), (Date.now() - startedAt) / 1000);
  }

  return {
    sandbox,
    repository,
    address,
    release: (request) => run('deploy', request),
    rollback: (request) => run('rollback', request),
    watch: (request) => run('watch', request),
    rehearse: (request) => run('rehearse', request),
    async command(...words) {
      const names = ['--repository', github.repository, '--vercel-team', vercel.teamId];
      const done = await runTool({
        command: process.execPath,
        args: [join(library, 'bin/ops-actions.js'), ...words, ...names, '--vercel-project', vercel.projectId],
        cwd: repository.directory,
        environment: {
          GITHUB_TOKEN: github.token,
          GITHUB_API_URL: github.apiUrl,
          VERCEL_TOKEN: vercel.token,
          OPS_ACTIONS_VERCEL_API_URL: vercel.apiUrl,
        },
        deadlineMs: 120_000,
      });
      if (done.exitCode !== 0)
        throw new Error(`${words[0]} ended with ${done.exitCode}: ${done.stderr || done.stdout}`);
      return done.stdout;
    },
    async commit(version, files) {
      commits.set(version, await repository.commit(version, files));
    },
    tagged: (version, commit) => void commits.set(version, commit),
    served: (host = address) => sandbox.vercel.servedBy(host),
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
      for (const composite of Object.values(scheduled)) composite[Symbol.dispose]();
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
