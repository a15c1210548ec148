import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeIfItStops, type Stage } from './if-it-stops.ts';

const readOnly = '; new sessions stay read-only until then, or until database-doctor with read-only-off ends that';

const cases: [stage: Stage, stop: string | undefined, told: string][] = [
  [
    { name: 'saving the present state' },
    undefined,
    'saving the present state; if this run ends now, the database is as it was: run the restore again',
  ],
  [
    { name: 'saving the present state' },
    'mark',
    `saving the present state; if this run ends now, the database is as it was: run the restore again${readOnly}`,
  ],
  [
    { name: 'making roles' },
    'mark',
    `making roles; if this run ends now, the database is as it was, but for roles that were made already, which stay: run the restore again${readOnly}`,
  ],
  [
    { name: 'replacing the database in one transaction', rolesMade: ['clerk'] },
    undefined,
    'replacing the database in one transaction; if this run ends now, the database is as it was, but for the roles that were made: clerk: run the restore again',
  ],
  [
    { name: 'looking at what was restored', saved: 'before.manifest.json' },
    'mark',
    'looking at what was restored; if this run ends now, the database is the restored one: compare it yourself, run the restore again, or go back to before.manifest.json; new sessions stay read-only; database-doctor with read-only-off ends that',
  ],
];

for (const [stage, stop, told] of cases) {
  test(`${stage.name}, writes ${stop === undefined ? 'not ' : ''}stopped by us: what to do if it ends there`, () => {
    assert.equal(describeIfItStops(stage, { stop }), told);
  });
}
