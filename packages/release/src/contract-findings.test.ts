import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contractFindings } from './contract-findings.ts';

const held = ['20260102000000_drop.sql'];
for (const [name, database, release, expected] of [
  ['later is the standard', {}, {}, []],
  ['said beforehand, with the files', { contract: 'same-run' }, {}, ['warning']],
  ['nobody was asked about these files', { contract: 'same-run', apply: 'approve' }, {}, ['refuse']],
  ['what is kept to go back to could not bear them', { contract: 'same-run' }, { keepPreviousMs: 60_000 }, ['refuse']],
  ['both at once', { contract: 'same-run', apply: 'manual' }, { strategy: 'blue-green' }, ['refuse', 'refuse']],
] as const)
  test(`contract in the same run: ${name}`, () => {
    const found = contractFindings({ database, release }, held);
    assert.deepEqual(
      found.map(({ severity }) => severity),
      expected,
    );
    for (const { message } of found) assert.match(message, /20260102000000_drop\.sql/);
    assert.deepEqual(contractFindings({ database, release }, []), []);
  });
