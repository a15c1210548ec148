import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideFunctionsStep } from './decide-functions-step.ts';

const token = 'sbp_token';
const explicit = { wanted: true, explicit: true, project: 'abcdefghijklmnopqrst' };

for (const { what, functions, given = { supabaseAccessToken: token }, exists = true, when, finding } of [
  { what: 'a section and a token', functions: explicit, when: 'before' },
  { what: 'when: after', functions: { ...explicit, when: 'after' as const }, when: 'after' },
  { what: 'no section', functions: undefined, when: 'not-configured' },
  { what: 'only a project', functions: { ...explicit, wanted: false, explicit: false }, when: 'not-configured' },
  { what: 'a folder that nobody has', functions: explicit, exists: false, when: 'not-configured' },
  {
    what: 'no token',
    functions: explicit,
    given: {},
    when: 'not-configured',
    finding: 'refuse supabase_token_missing',
  },
  {
    what: 'no token, the folder named by a preset',
    functions: { ...explicit, explicit: false },
    given: {},
    when: 'not-configured',
    finding: 'warning supabase_token_missing',
  },
  {
    what: 'no project',
    functions: { wanted: true, explicit: true },
    when: 'not-configured',
    finding: 'refuse supabase_project_missing',
  },
]) {
  test(`${what}: ${when}${finding === undefined ? '' : `, ${finding}`}`, () => {
    const settings = functions === undefined ? {} : { functions };
    const step = decideFunctionsStep(given, settings, { directory: 'supabase/functions', exists });
    assert.equal(step.when, when);
    assert.deepEqual(
      step.findings.map(({ severity, code }) => `${severity} ${code}`),
      finding === undefined ? [] : [finding],
    );
    assert.equal(/no staging/.test(step.plan), when !== 'not-configured');
  });
}
