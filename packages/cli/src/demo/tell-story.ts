import { setTimeout as delay } from 'node:timers/promises';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { createHttpClient } from '#http/client';
import type { RunReport } from '#local-runner/run-composite';
import type { Sandbox } from '#sandbox/sandbox-types';
import { collectRelease, collectRollback } from './collect-release.ts';
import type { DemoRelease, DemoResult, DemoRollback } from './demo-result.ts';
import type { DemoTerminal } from './demo-terminal.ts';
import { liftLock } from './lift-lock.ts';
import type { NotesRepository } from './notes-repository.ts';
import { runRelease } from './run-release.ts';
import { readSlackChannel } from './slack-thread.ts';
import { story } from './story.ts';
import { startTraffic, type Traffic } from './traffic.ts';

/** Requests per second: one in eight failing writes then shows within two intervals in all but a few of a thousand runs. */
const trafficRate = 80;

/** Plays the whole story against a running sandbox and answers what happened. */
export async function tellStory(given: {
  libraryRoot: string;
  sandbox: Sandbox;
  repository: NotesRepository;
  terminal: DemoTerminal;
  signal: AbortSignal;
}): Promise<DemoResult> {
  const { sandbox, repository, terminal, signal } = given;
  const startedAt = Date.now() / 1000;
  const ageRecipient = await identityToRecipient(await generateX25519Identity());
  const project = projectReader(sandbox);
  const autoAssignBefore = (await project()).autoAssignCustomDomains;
  const releases: DemoRelease[] = [];
  let rollback: DemoRollback | null = null;
  let traffic: Traffic | undefined;
  let locked = false;
  try {
    for (const [index, chapter] of story.entries()) {
      signal.throwIfAborted();
      if (locked) {
        terminal.line('you', await liftLock({ ...given, workspace: repository.directory, reason: 'cause understood' }));
        locked = false;
      }
      terminal.line(chapter.version, `release: ${chapter.title}`);
      const commit = await repository.commit(chapter.version);
      const started = Date.now() / 1000;
      const stopWatching = traffic === undefined ? () => {} : terminal.watchTraffic(chapter.version, traffic);
      let report: RunReport;
      try {
        report = await runRelease({
          ...given,
          workspace: repository.directory,
          version: chapter.version,
          commit,
          runId: 1000 + index,
          ageRecipient,
          onEvent(event) {
            terminal.follow(chapter.version, event);
            // Users arrive as soon as something serves them.
            if (event.kind === 'step-ended' && event.step.id === 'deploy' && traffic === undefined) {
              traffic = startTraffic({ url: productionAddress(sandbox), rate: trafficRate, timeoutMs: 5000 });
            }
          },
        });
      } finally {
        stopWatching();
      }
      const ended = Date.now() / 1000;
      const release = collectRelease({ ...chapter, commit, startedAt: started, endedAt: ended, report });
      releases.push(release);
      if (release.decision === 'rolled-back' && traffic !== undefined) {
        rollback = collectRollback(report, traffic.failedBetween);
        locked = true;
      }
      const red = release.failed ? 'red' : 'green';
      terminal.line(chapter.version, `ended ${red}: ${release.decision} (${release.reasonCode})`);
      if (report.error !== undefined)
        terminal.line(chapter.version, `the run could not be carried out: ${report.error}`);
    }
    await delay(500, undefined, { signal });
    const summary = (await traffic?.stop()) ?? { requests: 0, failed: 0, seconds: [] };
    const autoAssign = { before: autoAssignBefore, after: (await project()).autoAssignCustomDomains };
    const messages = await readSlackChannel(sandbox.description.slack);
    const issues = await readIssues(sandbox);
    return {
      schemaVersion: 1,
      startedAt,
      endedAt: Date.now() / 1000,
      asExpected:
        releases.length === story.length &&
        releases.every((release) => release.decision === release.expected) &&
        releases.every((release, index) => (story[index]?.reason ?? release.reasonCode) === release.reasonCode) &&
        releases.every((release) => release.failed === (release.expected !== 'released')) &&
        rollback?.swappedAt != null &&
        autoAssign.before === autoAssign.after,
      releases,
      rollback,
      slack: {
        messages,
        edits: sandbox.requests().filter((one) => one.service === 'slack' && one.path.endsWith('chat.update')).length,
        replies: messages.reduce((sum, message) => sum + message.replies.length, 0),
      },
      issues,
      traffic: summary,
      autoAssign,
    };
  } finally {
    await traffic?.stop();
  }
}

function productionAddress(sandbox: Sandbox): string {
  const [address] = sandbox.description.vercel.domains;
  if (address === undefined) throw new Error('the sandbox has no production domain');
  return address;
}

function projectReader(sandbox: Sandbox): () => Promise<{ autoAssignCustomDomains: boolean }> {
  const { apiUrl, token, teamId, projectId } = sandbox.description.vercel;
  const client = createHttpClient({ baseUrl: apiUrl, headers: { authorization: `Bearer ${token}` } });
  return async () => (await client.request({ path: `/v9/projects/${projectId}`, query: { teamId } })).json();
}

async function readIssues(sandbox: Sandbox): Promise<DemoResult['issues']> {
  const { apiUrl, token, repository } = sandbox.description.github;
  const client = createHttpClient({ baseUrl: apiUrl, headers: { authorization: `Bearer ${token}` } });
  const answer = await client.request({ path: `/repos/${repository}/issues`, query: { state: 'all' } });
  const issues = answer.json<{ number: number; title: string; state: string; body: string | null }[]>();
  return issues.map(({ number, title, state, body }) => ({ number, title, state, body: body ?? '' }));
}
