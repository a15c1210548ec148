import { mkdirSync, writeFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import type { RunOptions } from './run-composite.ts';

/** The github context of the run; also writes the event file. */
export function githubContext(options: RunOptions, workspace: string, temp: string): Record<string, unknown> {
  const { github } = options;
  const event = options.event ?? {};
  const eventPath = join(temp, '_github_workflow', 'event.json');
  mkdirSync(join(temp, '_github_workflow'));
  writeFileSync(eventPath, JSON.stringify(event), { mode: 0o600 });
  const serverUrl = github.serverUrl ?? 'https://github.com';
  const apiUrl = github.apiUrl ?? options.environment?.GITHUB_API_URL ?? 'https://api.github.com';
  const [owner = ''] = github.repository.split('/');
  return {
    token: github.token ?? '',
    job: 'local',
    workflow: 'ops-actions run',
    ref: github.ref,
    ref_name: github.ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    ref_type: github.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    ref_protected: false,
    sha: github.sha,
    repository: github.repository,
    repository_id: String(github.repositoryId ?? '0'),
    repository_owner: owner,
    run_id: String(github.runId),
    run_number: '1',
    run_attempt: String(github.runAttempt ?? '1'),
    actor: github.actor ?? 'local',
    triggering_actor: github.actor ?? 'local',
    head_ref: '',
    base_ref: '',
    event_name: options.eventName ?? 'workflow_dispatch',
    event,
    event_path: eventPath,
    server_url: serverUrl,
    api_url: apiUrl,
    graphql_url: apiUrl.endsWith('/v3') ? apiUrl.replace(/\/v3$/, '/graphql') : `${apiUrl}/graphql`,
    retention_days: '90',
    workspace,
    action: '__local',
  };
}

/** The runner context, which is also RUNNER_… of every step. */
export function runnerContext(temp: string): Record<string, string> {
  const systems: Record<string, string> = { linux: 'Linux', darwin: 'macOS' };
  const architectures: Record<string, string> = { x64: 'X64', arm64: 'ARM64' };
  return {
    name: 'local',
    os: systems[platform()] ?? platform(),
    arch: architectures[arch()] ?? arch().toUpperCase(),
    environment: 'self-hosted',
    temp: join(temp, 'temp'),
    tool_cache: join(temp, 'tools'),
    workspace: temp,
  };
}

/** Runtime credentials are for node actions only; the rest is the job's `env:`. */
export function splitEnvironment(given: Record<string, string>): {
  job: Map<string, string>;
  actions: Record<string, string>;
} {
  const runtime = /^ACTIONS_(RUNTIME|RESULTS|CACHE|ID_TOKEN)_/;
  const entries = Object.entries(given);
  return {
    job: new Map(entries.filter(([name]) => !runtime.test(name))),
    actions: Object.fromEntries(entries.filter(([name]) => runtime.test(name))),
  };
}
