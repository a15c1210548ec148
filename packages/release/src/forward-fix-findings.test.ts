import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideForwardFixes, type ForwardFixFacts } from './forward-fix-findings.ts';

const path = 'backend/014_forward_fix_of_013.sql';
const open = [
  { schemaVersion: 1 as const, id: 9, mends: '013', version: '014', path, branch: 'ops/forward-fix/p-014' },
];
const nothing: ForwardFixFacts = { applied: ['012'], toApply: ['013'], handedToCommand: [] };

for (const [name, facts, refused] of [
  ['neither applied nor about to be', nothing, true],
  ['among what this release applies first', { ...nothing, toApply: ['013', '014'] }, false],
  ['in the history', { ...nothing, applied: ['012', '014'] }, false],
  ['in the folder that a command of one’s own applies in this release', { ...nothing, handedToCommand: [path] }, false],
] as const)
  test(`a forward fix that is ${name} ${refused ? 'refuses' : 'lets go on'}`, () => {
    const codes = decideForwardFixes(open, facts, 'acme/app').map(({ code, severity }) => `${severity} ${code}`);
    assert.deepEqual(codes, refused ? ['refuse forward_fix_open'] : []);
  });
