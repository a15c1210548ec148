import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wrongProject } from './database-project.ts';
import { parseDatabaseUrl } from './database-url.ts';

const [staging, production] = ['abcdefghijklmnopqrst', 'tsrqponmlkjihgfedcba'];

for (const { url, says } of [
  { url: `postgresql://postgres:pw@db.${production}.supabase.co:5432/postgres`, says: undefined },
  {
    url: `postgresql://postgres.${production}:pw@aws-1-eu-central-1.pooler.supabase.com:5432/postgres`,
    says: undefined,
  },
  { url: 'postgresql://postgres:pw@127.0.0.1:5432/postgres', says: undefined },
  {
    url: `postgresql://postgres:pw@db.${staging}.supabase.co:5432/postgres`,
    says: /to project abcdefghijklmnopqrst, .* pinned to tsrq/,
  },
  {
    url: `postgresql://postgres.${staging}:pw@aws-0-us-east-1.pooler.supabase.com:5432/postgres`,
    says: /to project abcdefghijklmnopqrst/,
  },
  { url: 'postgresql://app:pw@db.example.com:5432/app', says: /db\.example\.com, which is no Supabase project/ },
  // A host that only contains the right name.
  { url: `postgresql://postgres:pw@db.${production}.supabase.co.example.com/postgres`, says: /no Supabase project/ },
]) {
  test(`${url.replace(/:pw@/, '@')} is ${says === undefined ? 'right' : 'refused'}`, () => {
    const found = wrongProject(parseDatabaseUrl(url), production);
    if (says === undefined) assert.equal(found, undefined);
    else assert.match(found ?? '', says);
    assert.equal(wrongProject(parseDatabaseUrl(url), undefined), undefined);
  });
}
