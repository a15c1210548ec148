import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ObserveSettings, type SourceName, sourceNames } from '#config/settings';
import { armsSourceOf, observeOf, placed, whyOneArm } from './arms.ts';
import { httpJsonOf } from './http-json-parts.ts';

const arm = { deployment: 'dpl_New', commit: 'c0ffee', release: 'v1.1.0+Hot@fix' };
const filled: [name: string, observe: ObserveSettings, ofAll: object, ofOne: object][] = [
  [
    'prometheus',
    { prometheus: { requests: 'a{x="y"{arm}}', errors: 'b{arm}', p95: 'c{arm}', arms: ',d="{deployment}"' } },
    { requests: 'a{x="y"}', errors: 'b', p95: 'c' },
    { requests: 'a{x="y",d="dpl_New"}', errors: 'b,d="dpl_New"', p95: 'c,d="dpl_New"' },
  ],
  [
    'datadog',
    { datadog: { requests: 'a{s{arm}}', errors: 'b{s{arm}}', arms: ',d:{deployment},v:{release}' } },
    { requests: 'a{s}', errors: 'b{s}' },
    { requests: 'a{s,d:dpl_new,v:v1.1.0_hot_fix}', errors: 'b{s,d:dpl_new,v:v1.1.0_hot_fix}' },
  ],
  [
    'sentry',
    { sentry: { organization: 'o', projects: [1], query: 'span.op:http.server', arms: 'release:"{commit}"' } },
    { query: 'span.op:http.server' },
    { query: 'span.op:http.server release:"c0ffee"' },
  ],
  [
    'newRelic',
    { newRelic: { account: 1, app: 'web', where: "a = 'b' OR c", arms: "d = '{deployment}'" } },
    { where: "a = 'b' OR c" },
    { where: "(a = 'b' OR c) AND (d = 'dpl_New')" },
  ],
  [
    'jsonLogs',
    { jsonLogs: { url: 'https://logs', match: { '$.kind': 'access' }, arms: { '$.d': '{deployment}' } } },
    { match: { '$.kind': 'access' } },
    { match: { '$.kind': 'access', '$.d': 'dpl_New' } },
  ],
  [
    'sql',
    { sql: { counts: 'SELECT 1 WHERE true {arm}', arms: "AND d = '{deployment}'" } },
    { counts: 'SELECT 1 WHERE true ' },
    { counts: "SELECT 1 WHERE true AND d = 'dpl_New'" },
  ],
];
for (const [name, observe, ofAll, ofOne] of filled) {
  test(`${name}: outside of a stage all that serve are counted, in one each deployment by its own name`, () => {
    const of = (asked: ObserveSettings) => (asked as Record<string, object>)[name];
    assert.partialDeepStrictEqual(of(observeOf(observe)), ofAll);
    assert.partialDeepStrictEqual(of(observeOf(observe, arm)), ofOne);
  });
}

test('A name with letters that could end a string of a query is refused, as is one that is not known', () => {
  for (const release of [`v1' OR '1'='1`, 'v"1', 'v{1}', 'v 1', 'v1\\', undefined])
    assert.throws(() => placed('{arm}', '{release}', { deployment: 'dpl_a', release }), {
      reasonCode: 'arms_not_separable',
    });
});

test('ops.yml fills an address of the workflow file and never moves it to another host (S11)', () => {
  const read = (sourceUrl: string, arms: string) => {
    const problems: { name: string; message: string }[] = [];
    const watch = { httpJson: { url: 'https://other', requests: '$.r', errors: '$.e', arms } };
    const made = httpJsonOf({ sourceUrl, sourceToken: 'token-of-mine' }, { watch }, problems, arm);
    return [made?.url, problems.map(({ message }) => message).join()];
  };
  assert.deepEqual(read('https://mine.example/c?x=1{arm}', '&d={deployment}'), [
    'https://mine.example/c?x=1&d=dpl_New',
    '',
  ]);
  for (const arms of ['.evil.example/{deployment}', '@evil.example/{deployment}'])
    assert.match(read('https://mine.example{arm}/c', arms)[1] ?? '', /must not have \{arm\} in its host/);
});

test('Every source either tells two deployments apart or says what to write; the first that does counts', () => {
  for (const source of sourceNames.filter((name) => name !== 'vercel-runtime-logs'))
    assert.match(whyOneArm(source, { watch: {} }) ?? '', /write (observe|watch)\.|name another source/, source);
  const watch = {};
  const queries = { requests: 'a{arm}', errors: 'b{arm}', arms: '{deployment}' };
  const all: SourceName[] = ['vercel-observability', 'prometheus', 'vercel-runtime-logs'];
  assert.equal(armsSourceOf(all, { watch, observe: { prometheus: queries } }), 'prometheus');
  assert.equal(
    armsSourceOf(all, { watch, observe: { prometheus: { ...queries, errors: 'b' } } }),
    'vercel-runtime-logs',
  );
  assert.equal(armsSourceOf(['probe'], { watch }), undefined);
  assert.equal(armsSourceOf([], { watch }), 'vercel-runtime-logs');
});
