import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planRestore } from './plan-restore.ts';

test('the list keeps what an unprivileged role can restore and names the rest', () => {
  const contents = `;
; Archive created at 2026-01-01
3401; 1262 16384 DATABASE - notes postgres
6; 2615 2200 SCHEMA - public pg_database_owner
7; 2615 16400 SCHEMA - app owner
2; 3079 16385 EXTENSION - pgcrypto
3400; 0 0 COMMENT - EXTENSION pgcrypto
215; 1259 16387 TABLE public notes postgres
216; 1259 16388 TABLE vault secrets postgres
3390; 0 16387 TABLE DATA public notes postgres
3391; 0 16388 TABLE DATA vault secrets postgres
220; 1255 16390 FUNCTION public touch(integer, text) postgres
3250; 2620 16401 TRIGGER public notes touch postgres
3251; 3466 16402 EVENT TRIGGER - noticed postgres
3252; 6104 16403 PUBLICATION - supabase_realtime postgres
3253; 0 0 ACL public TABLE notes postgres
3254; 826 16404 DEFAULT ACL public DEFAULT PRIVILEGES FOR TABLES postgres
3255; 1417 16405 SERVER - elsewhere postgres
3256; 1259 16406 FOREIGN TABLE public far postgres
3257; 6106 16407 PUBLICATION TABLE public supabase_realtime notes postgres
3258; 3764 16408 TEXT SEARCH TEMPLATE public as_simple 
3259; 3600 16409 TEXT SEARCH DICTIONARY public plain postgres`;
  const given = {
    existing: new Set(['public']),
    missing: ['supabase_vault'],
    missingTables: new Set(['vault.secrets']),
  };
  const plan = planRestore(contents, { ...given, foreignToo: true });
  assert.deepEqual(
    plan.list.map((line) => line.split(';')[0]),
    ['3401', '7', '215', '3390', '220', '3250', '3255', '3256', '3259'],
  );
  assert.deepEqual(
    [plan.grants, plan.eventTriggers].map((lines) => lines.map((line) => line.split(';')[0])),
    [['3253', '3254'], ['3251']],
  );
  assert.deepEqual(plan.leftOut, [
    'EVENT TRIGGER noticed',
    'EXTENSION supabase_vault',
    'PUBLICATION TABLE public.supabase_realtime notes',
    'PUBLICATION supabase_realtime',
    'TABLE DATA vault.secrets',
    'TABLE vault.secrets',
    'TEXT SEARCH TEMPLATE public.as_simple',
  ]);
  // A backup that does not say which wrappers there were gets none.
  const without = planRestore(contents, given).leftOut;
  assert.deepEqual(
    without.filter((line) => !plan.leftOut.includes(line)),
    ['FOREIGN TABLE public.far', 'SERVER elsewhere'],
  );
});
