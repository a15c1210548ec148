import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { GitHub } from '#github/client';
import { forEverybody } from './for-everybody.ts';
import { openIncident } from './incident.ts';
import type { IncidentFacts } from './render-incident.ts';

const facts: IncidentFacts = {
  key: '1:production:42',
  environment: 'production',
  version: 'v1.1.0',
  decision: 'rolled-back',
  reasonCode: 'breach',
  what: 'error rate 12.5 % above 2 %, told by https://metrics.internal.example.com/query?token=hunter22',
  timeline: [
    { at: 1_000, text: 'migrate outcome: failed db.abcdefghijklmnopqrst.supabase.co:5432 refused ops@example.com' },
    { at: 2_000, text: 'migrate intent: apply 20260101120000_add_title.sql on v1.1.0' },
  ],
  measured: [{ name: 'source', value: 'datadog at 10.0.12.7:8126' }],
  commands: ['ops-actions unlock --environment production'],
  notes: [
    'postgres://postgres:geheim@10.1.2.3/app at 2001:db8:85a3::8a2e:370:7334 does not answer; see .github/ops.yml',
  ],
  checklist: [
    { name: 'Root cause', state: 'open', note: 'column notes.title of notes.id is wide, ask dba+night@example.org' },
  ],
  links: [{ about: 'failed request 4bf92f3577b34da6', url: 'https://traces.example.com/trace/4bf92f3577b34da6' }],
  logs: ['12:00:00 notes error: card of anna@example.com'],
  runUrl: 'https://github.com/o/r/actions/runs/42',
};

/** Opens the incident in an empty repository; its text. */
async function opened(everybodyReads: boolean): Promise<string> {
  let body = '';
  const github = {
    listIssues: async () => [],
    createIssue: async (issue: { body: string }) => {
      body = issue.body;
      return { number: 1, url: 'https://github.example/1' };
    },
  } as unknown as GitHub;
  await openIncident(github, facts, { everybodyReads });
  return body;
}

describe('The incident of a public repository (S23)', () => {
  test('names no host, address, e-mail or log line, wherever it stands', async () => {
    const body = await opened(true);
    for (const part of [
      'example.com',
      'example.org',
      'supabase.co',
      '10.0.12.7',
      '10.1.2.3',
      '2001:db8',
      'anna',
      'geheim',
    ])
      assert.ok(!body.includes(part), part);
    assert.ok(!body.includes('hunter22') && !body.includes('dba+night'));
    assert.doesNotMatch(body, /What the functions wrote|Errors to look at/);
  });

  test('still tells versions, files, columns, numbers, commands and its run', async () => {
    const body = await opened(true);
    for (const part of [
      'error rate 12.5 % above 2 %',
      '20260101120000_add_title.sql on v1.1.0',
      '.github/ops.yml',
      'column notes.title of notes.id is wide',
      'ops-actions unlock --environment production',
      'Run: <https://github.com/o/r/actions/runs/42>',
    ])
      assert.ok(body.includes(part), part);
  });

  for (const [said, shown] of [
    ['getaddrinfo ENOTFOUND db.firma.ch', 'getaddrinfo ENOTFOUND ***'],
    ['api.acme.co.jp:8443 and shop.acme.com.au', '*** and ***'],
    ['connect ECONNREFUSED ::1:5432', 'connect ECONNREFUSED ***'],
    ['via [2001:db8::8a2e]:443', 'via [***]:443'],
    [
      'commit:abc1 at 12:00:00, cast x::date, README.md, v1.2.3',
      'commit:abc1 at 12:00:00, cast x::date, README.md, v1.2.3',
    ],
  ] as const)
    test(`shows "${said}" as "${shown}"`, () => {
      const { what, measured } = forEverybody({ ...facts, what: said, measured: [{ name: said, value: said }] });
      assert.deepEqual([what, measured], [shown, [{ name: shown, value: shown }]]);
    });

  test('of a private one is whole', async () => {
    const body = await opened(false);
    for (const part of [
      'db.abcdefghijklmnopqrst.supabase.co:5432',
      'ops@example.com',
      'notes error: card of',
      '<https://traces.example.com/trace/4bf92f3577b34da6>',
    ])
      assert.ok(body.includes(part), part);
  });
});
