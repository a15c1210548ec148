import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GitHub, GitHubDeployment } from '#github/client';
import { backupAgeFindings } from './backup-age.ts';

const hour = 3_600_000;
const now = 1_800_000_000_000;
const digest = { bytes: 1, sha256: 'a'.repeat(64) };

function ledger(...backups: { hours: number; verdict?: string }[]): Pick<GitHub, 'listDeployments'> {
  const listed = backups.map(({ hours, verdict }, index) => ({
    id: index,
    task: 'ops-actions:backup',
    createdAt: now - hours * hour,
    payload: {
      schemaVersion: 1,
      name: `backup-${hours}`,
      object: digest,
      manifest: digest,
      recipients: [],
      ...(verdict === undefined ? {} : { verdict }),
    },
  }));
  return { listDeployments: async () => listed as unknown as GitHubDeployment[] };
}

async function look(
  github: Pick<GitHub, 'listDeployments'> | undefined,
  more: { makesOne?: boolean; maxAgeMs?: number } = {},
) {
  const request = { environment: 'production', maxAgeMs: 24 * hour, makesOne: false, now, ...more };
  return (await backupAgeFindings(github, request)).map(({ code, severity }) => `${severity} ${code}`);
}

test('a release is refused without a verified backup that is young enough, and goes on with one', async () => {
  assert.deepEqual(await look(ledger()), ['refuse backup_missing']);
  assert.deepEqual(await look(ledger({ hours: 25, verdict: 'verified' })), ['refuse backup_too_old']);
  assert.deepEqual(await look(ledger({ hours: 1, verdict: 'verified' })), ['notice backup_confirmed']);
  const unproven = [{ hours: 1, verdict: 'could-not-verify' }, { hours: 2 }];
  assert.deepEqual(await look(ledger(...unproven)), ['refuse backup_missing'], 'nobody proved them');
  assert.deepEqual(await look(ledger(...unproven, { hours: 3, verdict: 'verified' })), ['notice backup_confirmed']);
});

test('nobody asks where it is not configured, or where the release proves a backup of its own first', async () => {
  const silent = { listDeployments: () => assert.fail('GitHub was asked') };
  assert.deepEqual(await look(silent, { makesOne: true }), []);
  assert.deepEqual(
    await backupAgeFindings(silent, { environment: 'e', maxAgeMs: undefined, makesOne: false, now }),
    [],
  );
  assert.deepEqual(await look(undefined), [], 'a missing token is a finding of its own');
});
