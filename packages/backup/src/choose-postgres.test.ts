import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choosePostgres, missingOf } from './choose-postgres.ts';
import type { PostgresBinaries, WantedPostgres } from './find-postgres.ts';

const digest = `sha256:${'0'.repeat(64)}`;
const installed = (version: string, extensions?: string[]): PostgresBinaries => ({
  ...{ directory: `/usr/lib/postgresql/${version}`, version, major: Number.parseInt(version, 10), server: true },
  ...(extensions && { extensions }),
});
const image = (reference: string, version: string, extensions: string[] = []): PostgresBinaries => ({
  ...installed(version, extensions),
  directory: '',
  image: { id: digest, reference, digest },
});
const local = installed('15.18');
const official = image('postgres:15.8', '15.8');
const officialOther = image('postgres:15', '15.17');
const supabase = image('public.ecr.aws/supabase/postgres', '15.8', ['vector']);
const supabaseOther = image('supabase/postgres:15.6.1.1', '15.6');
const chosen = (
  found: { installed?: PostgresBinaries[]; images?: PostgresBinaries[] },
  more: Partial<WantedPostgres> = {},
) => choosePostgres({ installed: [], images: [], ...found }, { major: 15, server: true, version: '15.8', ...more });

const cases: [string, Parameters<typeof chosen>[0], Partial<WantedPostgres>, PostgresBinaries | undefined][] = [
  ['an image of exactly the version', { installed: [local], images: [officialOther, official] }, {}, official],
  ['what is installed before an image of another minor', { installed: [local], images: [officialOther] }, {}, local],
  ['an image of the same major where nothing is installed', { images: [officialOther] }, {}, officialOther],
  [
    'for Supabase its own image, not an official one of the same version',
    { installed: [local], images: [official, supabase] },
    { platform: 'supabase' },
    supabase,
  ],
  [
    'for Supabase what is installed before an official image of the same version',
    { installed: [local], images: [official] },
    { platform: 'supabase' },
    local,
  ],
  [
    'for Supabase its own of the same major before an official one',
    { images: [official, supabaseOther] },
    { platform: 'supabase' },
    supabaseOther,
  ],
  [
    'who has the extensions before who is of the exact version',
    { installed: [installed('15.18', ['vector', 'plpgsql'])], images: [official] },
    { extensions: ['vector'] },
    installed('15.18', ['vector', 'plpgsql']),
  ],
  [
    'the exact image where nobody has the extensions',
    { installed: [installed('15.18', [])], images: [official] },
    { extensions: ['vector'] },
    official,
  ],
  [
    'nobody of another major',
    { installed: [installed('16.1')], images: [image('postgres:16', '16.1')] },
    {},
    undefined,
  ],
  ['nobody without a server', { installed: [{ ...local, server: false }] }, {}, undefined],
];
for (const [what, given, wanted, expected] of cases) {
  test(`${what}: chosen`, () => assert.deepEqual(chosen(given, wanted), expected));
}

test('where nobody looked, no extension is called missing', () => {
  assert.deepEqual(missingOf(local, ['vector']), []);
  assert.deepEqual(missingOf(official, ['vector', 'postgis']), ['vector', 'postgis']);
});
