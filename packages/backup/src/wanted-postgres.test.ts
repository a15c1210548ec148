import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wantedForBackup } from './wanted-postgres.ts';

const extension = (name: string, dependents: string[]) => ({ name, dependents });

test('a stored backup wants the version of its server, and the extensions that something depends on', () => {
  const extensions = [extension('vector', ['column embedding of table documents']), extension('pg_cron', [])];
  assert.deepEqual(wantedForBackup({ serverVersion: '15.8 (Debian 15.8-1.pgdg120+1)', roles: ['app'], extensions }), {
    ...{ major: 15, version: '15.8', server: true, extensions: ['vector'] },
  });
});

test('one of Supabase is known by the role that owns its schemas', () => {
  const wanted = wantedForBackup({ serverVersion: '17.6', roles: ['anon', 'supabase_admin'], extensions: [] });
  assert.deepEqual([wanted.platform, wanted.version], ['supabase', '17.6']);
});
