import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookMark, parseImageList, parseReport, planLooks } from './postgres-images.ts';

const hex = (seed: string) => `sha256:${seed.repeat(64).slice(0, 64)}`;
const listed = [
  `postgres\t15.8\t${hex('1')}\t${hex('a')}`,
  `postgres\t17\t${hex('2')}\t${hex('b')}`,
  `postgres\t<none>\t${hex('3')}\t${hex('c')}`,
  `supabase/postgres\t15.8.1.085\t${hex('4')}\t${hex('d')}`,
  `public.ecr.aws/supabase/postgres\t17.6.1.063\t${hex('5')}\t${hex('e')}`,
  `postgres\t15.8-patched\t<none>\t${hex('f')}`,
  `attacker/postgres\t15.8\t${hex('6')}\t${hex('7')}`,
  '',
].join('\n');
const images = parseImageList(listed);
const names = (wanted: Parameters<typeof planLooks>[1]) =>
  planLooks(images, wanted).map(({ repository, tag }) => `${repository}:${tag ?? '-'}`);

test('images that were built here, and those of nobody that is known, do not count', () => {
  assert.deepEqual(
    images.map(({ id }) => id),
    [hex('a'), hex('b'), hex('c'), hex('d'), hex('e')],
  );
});

test('the image of exactly the version is looked at first, then one without a tag; Supabase’s own only for a Supabase database', () => {
  assert.deepEqual(names({ major: 15, version: '15.8' }), ['postgres:15.8', 'postgres:-']);
  assert.deepEqual(names({ major: 15, version: '15.8', platform: 'supabase' }), [
    'supabase/postgres:15.8.1.085',
    'postgres:15.8',
    'postgres:-',
  ]);
  assert.deepEqual(names({ major: 17, version: '17.6', platform: 'supabase' }), [
    'public.ecr.aws/supabase/postgres:17.6.1.063',
    'postgres:-',
    'postgres:17',
  ]);
  // 15.80 is not 15.8.
  assert.equal(planLooks(parseImageList(`postgres\t15.80\t${hex('1')}\t${hex('a')}`), { version: '15.8' }).length, 1);
});

test('one image under two names is looked at once, and no more than three are', () => {
  const many = ['15.8', '15', '15.8-bookworm', 'latest'].map((tag) => `postgres\t${tag}\t${hex('1')}\t${hex('a')}`);
  assert.deepEqual(
    planLooks(parseImageList(many.join('\n')), { version: '15.8', major: 15 }).map(({ tag }) => tag),
    ['15.8'],
  );
  const others = Array.from('0123456789', (digit) => `postgres\t15.${digit}\t${hex(digit)}\t${hex(digit)}`);
  assert.equal(planLooks(parseImageList(others.join('\n')), { major: 15 }).length, 3);
});

test('of a pinned image only the digest counts, whatever it is called, and the publisher', () => {
  const pin = (reference: string) => planLooks(images, { pinned: reference }).map(({ id }) => id);
  assert.deepEqual(pin(`postgres:other@${hex('3')}`), [hex('c')]);
  assert.deepEqual(pin(`docker.io/library/postgres@${hex('3')}`), [hex('c')]);
  assert.deepEqual(pin(`supabase/postgres@${hex('3')}`), []);
  assert.deepEqual(pin(`postgres@${hex('8')}`), []);
});

const programs = ['postgres', 'pg_dump', 'initdb'].map((name) => `${name} (PostgreSQL) 17.6 (Debian 17.6-1)`);

test('a report counts when it comes from our folder and all programs are of one version', () => {
  assert.deepEqual(
    parseReport([lookMark, ...programs, 'vector.control', 'vector--0.8.0.sql', 'uuid-ossp.control', ''].join('\n')),
    { version: '17.6', extensions: ['uuid-ossp', 'vector'] },
  );
  assert.equal(parseReport(['another folder', ...programs].join('\n')), undefined);
  assert.equal(parseReport([lookMark, ...programs.slice(0, 2), 'initdb (PostgreSQL) 16.1'].join('\n')), undefined);
  assert.equal(parseReport([lookMark, ...programs.slice(0, 2)].join('\n')), undefined);
  assert.equal(parseReport(''), undefined);
});
