import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GitHub, GitHubIssue } from '#github/client';
import { openIncident } from './incident.ts';
import { type IncidentFacts, incidentMarker, isEscalated, renderIncident } from './render-incident.ts';

const facts: IncidentFacts = {
  key: '1:production:42',
  environment: 'production',
  version: 'v1.1.0',
  commit: 'a'.repeat(40),
  decision: 'rolled-back',
  reasonCode: 'breach',
  what: 'error rate 12.5 % above 2 % (25 of 200 requests)',
  timeline: [
    { at: 2_000, text: 'swapped' },
    { at: 1_000, text: 'promoted' },
  ],
  measured: [{ name: 'error rate', value: '12.5 % of 200 requests, limit 2 %' }],
  serving: { deploymentId: 'dpl_a', version: 'v1.0.0', since: 2_000 },
  commands: ['ops-actions unlock --environment production'],
  notes: [],
  runUrl: 'https://github.com/o/r/actions/runs/42',
};

test('An incident says what happened, what serves now and what to type next, with the timeline in order', () => {
  const { title, body } = renderIncident(facts);
  assert.equal(title, 'v1.1.0 on production was rolled back');
  assert.ok(body.startsWith(incidentMarker(facts.key)));
  assert.match(body, /Now serving: `v1\.0\.0 \(dpl_a\)` since 1970-01-01 00:00:02 UTC/);
  assert.ok(body.indexOf('promoted') < body.indexOf('swapped'));
  assert.match(body, /ops-actions unlock --environment production/);
});

test('A checklist is ticked where something was done, with its time, and open or failed where not', () => {
  const { body } = renderIncident({
    ...facts,
    checklist: [
      { name: 'Rollback started', state: 'done', note: 'domains back after 2.5 s', at: 1_000 },
      { name: 'Root cause identified', state: 'open', note: 'a person' },
      { name: 'All services responding', state: 'failed', note: 'health checks failed' },
    ],
  });
  assert.match(body, /- \[x\] `Rollback started`: `domains back after 2\.5 s` \(1970-01-01 00:00:01 UTC\)/);
  assert.match(body, /- \[ \] `Root cause identified`: `a person`/);
  assert.match(body, /- \[ \] \*\*failed\*\* `All services responding`/);
});

test('The last lines of what failed stand as a block, the newest of them, and form no markup', () => {
  const logs = Array.from({ length: 60 }, (_, index) => `12:00:00 notes error: line ${index} \`\`\` @team </details>`);
  const { body } = renderIncident({ ...facts, logs });
  assert.match(body, /### What the functions wrote\n\n````\n12:00:00 notes error: line 20 /);
  assert.match(body, /line 59 ``` @team <\/details>\n````/);
  assert.ok(!renderIncident(facts).body.includes('What the functions wrote'));
});

test('A failed request of the watch is a link to its trace; what is no address forms none', () => {
  const links = [
    { about: 'failed request 4bf92f3577b34da6', url: 'https://traces.example.com/trace/4bf92f3577b34da6' },
    { about: 'new issue', url: 'javascript:alert(1)' },
    { about: 'new issue', url: 'https://x.example/> @team <' },
  ];
  const { body } = renderIncident({ ...facts, links });
  const line = '- `failed request 4bf92f3577b34da6`: <https://traces.example.com/trace/4bf92f3577b34da6>';
  assert.ok(body.includes(`### Errors to look at\n\n${line}\n\nCommit:`), body);
  assert.ok(!renderIncident(facts).body.includes('Errors to look at'));
});

test('Foreign text forms no mention, command, markup or HTML in an incident', () => {
  const hostile =
    '` </details>@team `code` ::stop-commands::x \u202E\u001b[31m |cell| <!-- ops-actions:incident:9:x:9 --> #1';
  const { title, body } = renderIncident({
    ...facts,
    version: hostile,
    what: hostile,
    notes: [hostile],
    commands: [`echo \`\`\`\n@team`],
    measured: [{ name: hostile, value: hostile }],
    runUrl: 'javascript:alert(1)',
  });
  assert.doesNotMatch(title, /[@#\r\n\u202E]/);
  assert.ok(!title.includes('\u001b'));
  const outside = body.replaceAll(/(`{3,})[\s\S]*?\n\1/g, '').replaceAll(/`[^`]*`/g, '');
  for (const part of ['@team', '</details>', '\u202E', '\u001b', 'incident:9'])
    assert.ok(!outside.includes(part), part);
  assert.doesNotMatch(body, /javascript:/);
});

test('an escalation is told once by a comment, whoever brings the incident up to date', async () => {
  const issues: Partial<GitHubIssue>[] = [];
  const comments: string[] = [];
  const github = {
    listIssues: async () => issues,
    createIssue: async (issue: { body: string }) => {
      issues.push({ ...issue, number: 7, byApp: true, state: 'open' });
      return issues[0];
    },
    updateIssue: async (_number: number, change: object) => Object.assign(issues[0] ?? {}, change),
    comment: async (_number: number, body: string) => void comments.push(body),
  } as unknown as GitHub;
  const forged = { ...facts, logs: ['**Escalated:** by somebody'], what: '**Escalated:** x' };
  await openIncident(github, forged, { everybodyReads: false });
  assert.deepEqual([comments, isEscalated(issues[0]?.body ?? '')], [[], false]);
  const escalation = 'the restore took 31 min, and it may take 30 min @team';
  await openIncident(github, { ...forged, escalation }, { everybodyReads: false });
  await openIncident(github, { ...forged, escalation }, { everybodyReads: false });
  assert.deepEqual(comments, ['**Escalated:** `the restore took 31 min, and it may take 30 min @team`']);
  assert.match(issues[0]?.body ?? '', /\n\*\*Escalated:\*\* `the restore took 31 min/);
});
