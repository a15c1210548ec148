import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { refuseBlocks } from '#sandbox/slack/slack-limits';
import { type ReleaseNews, type ReleasePhase, renderNote, renderRelease } from './render-release.ts';
import { fitMessage, slackLink, slackText, splitLines } from './slack-text.ts';

const news: ReleaseNews = {
  environment: 'production',
  version: 'v1.2.0',
  repository: 'acme/notes',
  phase: 'rolled-back',
  summary: 'error rate 12.4 % on 203 requests, limit 2 %',
  phases: [
    { name: 'Promote', state: 'done', detail: 'in 1.2 s' },
    { name: 'Watch', state: 'failed', detail: '25 of 203 requests failed' },
  ],
  links: [{ label: 'Run', url: 'https://github.com/acme/notes/actions/runs/7001' }],
  serving: { deploymentId: 'dpl_1', version: 'v1.1.0', since: 1_764_000_000_000 },
  actor: 'ada',
  startedAt: 1_764_000_000_000,
  now: 1_764_000_083_000,
};

test('the message says what happened, phase by phase, what serves, and how long it took', () => {
  const { text, blocks } = renderRelease(news);
  assert.equal(text, '⏪ v1.2.0 was rolled back in production: error rate 12.4 % on 203 requests, limit 2 %');
  const said = JSON.stringify(blocks);
  for (const part of [
    '✔️ Promote – in 1.2 s',
    '✖️ Watch – 25 of 203',
    'v1.1.0 `dpl_1`',
    '<https://github.com/acme/notes/actions/runs/7001|Run>',
    'acme/notes · by ada · 1 min 23 s',
  ]) {
    assert.ok(said.includes(part), part);
  }
});

const phases = [
  'started',
  'promoted',
  'released',
  'rolled-back',
  'rollback-failed',
  'held',
  'refused',
  'failed',
  'cancelled',
  'would-roll-back',
  'staged',
  'already-current',
  'superseded',
  'planned',
] as const;

test('every phase has its own headline', () => {
  const lines = phases.map((phase: ReleasePhase) => renderRelease({ ...news, phase }).text);
  assert.equal(new Set(lines).size, phases.length);
});

const paging = [
  '<!channel>',
  '<!here>',
  '<!everyone>',
  '<!subteam^S1|x>',
  '<@U1>',
  '<#C1>',
  '<https://evil.example|click>',
  '&lt;!channel>',
  '&amp;lt;',
  '`',
  '\u202e',
  '\u001b[31m',
  '\ud800',
  '|',
  '>',
  'http://x|y>z',
];
const foreign = fc
  .array(fc.oneof(fc.constantFrom(...paging), fc.string({ unit: 'binary', maxLength: 40 })), { maxLength: 30 })
  .map((parts) => parts.join(''));
const long = fc.oneof(
  foreign,
  foreign.map((part) => (part || '&').repeat(400).slice(0, 20_000)),
);

test('whatever foreign text says, it pages nobody, forms no link and keeps every limit of Slack', () => {
  const phase = fc.record({
    name: long,
    state: fc.constantFrom(
      'pending' as const,
      'running' as const,
      'done' as const,
      'failed' as const,
      'skipped' as const,
    ),
    detail: long,
  });
  const hostile = fc.record({
    environment: long,
    version: long,
    repository: long,
    actor: long,
    phase: fc.constantFrom(...phases),
    summary: long,
    phases: fc.array(phase, { maxLength: 30 }),
    links: fc.array(fc.record({ label: long, url: long }), { maxLength: 12 }),
    serving: fc.record({ deploymentId: long, version: long, since: fc.integer({ min: 0, max: 2_000_000_000_000 }) }),
    startedAt: fc.constant(0),
    now: fc.integer({ min: 0, max: 10_000_000 }),
  });
  fc.assert(
    fc.property(hostile, (given) => {
      const message = fitMessage(renderRelease(given));
      const refusedBlock = message.blocks?.find((block) => refuseBlocks([block]) !== undefined);
      assert.equal(JSON.stringify(refusedBlock)?.slice(0, 200), undefined);
      assert.equal(refuseBlocks(message.blocks), undefined);
      assert.ok(message.text.length <= 40_000 && message.text.length > 0);
      for (const text of [message.text, ...markdownOf(message.blocks)]) holdsNoForeignControl(text);
    }),
    { numRuns: 150 },
  );
});

function markdownOf(blocks: unknown): string[] {
  if (Array.isArray(blocks)) return blocks.flatMap(markdownOf);
  if (typeof blocks !== 'object' || blocks === null) return [];
  const block = blocks as Record<string, unknown>;
  if (block.type === 'mrkdwn') return [String(block.text)];
  return Object.values(block).flatMap(markdownOf);
}

/** The only control forms are our own: a date and links to http addresses. */
function holdsNoForeignControl(text: string): void {
  for (const [, inside = ''] of text.matchAll(/<([^>]*)>?/g)) {
    assert.match(
      inside,
      /^!date\^\d+\^\{date_short_pretty\} \{time_secs\}\|[\d: -]+UTC$|^https?:\/\/[^|<>]+\|[^|<>]*$/,
    );
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/);
}

test('escapes & before < and >, and never cuts inside an entity', () => {
  assert.equal(slackText('a & <b> &lt;'), 'a &amp; &lt;b&gt; &amp;lt;');
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('&', '<', '>', 'a') }),
      fc.integer({ min: 1, max: 60 }),
      (text, most) => {
        const escaped = slackText(text, most);
        return escaped.length <= most && /^(&(amp|lt|gt);|[^&<>])*$/.test(escaped);
      },
    ),
  );
});

test('a link whose address is none stays text', () => {
  assert.equal(slackLink('javascript:alert(1)', 'x'), 'x');
  assert.equal(slackLink('https://user:pass@x.example', 'x'), 'x');
  assert.equal(slackLink('https://x.example/?a=1&b=<|>', 'a|b>'), '<https://x.example/?a=1&amp;b=%3C%7C%3E|a/b&gt;>');
});

test('long details become at most five replies, and the last says that there was more', () => {
  assert.deepEqual(splitLines(''), []);
  assert.deepEqual(splitLines('a\nb'), ['a\nb']);
  const parts = splitLines(Array.from({ length: 2_000 }, (_, index) => `line ${index} <&>`).join('\n'));
  assert.equal(parts.length, 5);
  assert.ok(parts.every((part) => part.length <= 3_000));
  assert.match(parts[4] ?? '', /the rest was left out/);
});

test('a note keeps its lines and its sign', () => {
  const { text, blocks } = renderNote({ status: 'failure', title: 'Import <!here>', text: 'one\ntwo' });
  assert.equal(text, '❌ Import &lt;!here&gt;: one two');
  assert.deepEqual(blocks[1], { type: 'section', text: { type: 'mrkdwn', text: 'one\ntwo' } });
});
