import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VercelDeployment } from '#vercel/project';
import { type AppFacts, findLead, findMate, type GroupFacts, goesWith } from './go-together.ts';

const deployment = (id: string, opsRelease?: string, more: Partial<VercelDeployment> = {}): VercelDeployment => ({
  id,
  url: `${id}.vercel.app`,
  readyState: 'READY',
  readySubstate: 'PROMOTED',
  target: 'production',
  projectId: 'prj',
  createdAt: 1,
  aliases: [],
  meta: opsRelease === undefined ? {} : { opsRelease },
  ...more,
});

const leads = [deployment('web2', 'key2'), deployment('web1', 'key1'), deployment('web0')];
const group = (served: string, known: GroupFacts['known'] = []): GroupFacts => ({ leads, served, known });
const admin = (served: string, more: Partial<AppFacts> = {}): AppFacts => ({
  name: 'admin',
  deployments: [deployment('admin2', 'key2'), deployment('admin1', 'key1'), deployment('admin0')],
  served,
  ...more,
});

const [web2, web1, web0] = leads as [VercelDeployment, VercelDeployment, VercelDeployment];

test('deployments of one release go together, whatever is served', () => {
  assert.equal(findMate(web1, admin('admin0'), group('web0')), 'admin1');
  assert.equal(findMate(web2, admin('admin2'), group('web2')), 'admin2');
});

test('what both serve goes together before any release of the group, and what somebody promoted since', () => {
  assert.equal(findMate(web0, admin('admin0'), group('web0')), 'admin0');
  const byHand = admin('hand', { deployments: [deployment('hand'), deployment('admin0')] });
  assert.equal(findMate(web0, byHand, group('web0', [{ deploymentId: 'web0', apps: { admin: 'admin0' } }])), 'hand');
});

test('a release that moved one app only does not make a pair of what is served', () => {
  assert.equal(findMate(web0, admin('admin1'), group('web0')), undefined, 'nobody knows without the ledger');
  const known = [{ deploymentId: 'web0', apps: { admin: 'admin0' } }];
  assert.equal(findMate(web0, admin('admin1'), group('web0', known)), 'admin0', 'the record says it');
});

test('an app that no release has moved yet stays where it is, so that the others can go back', () => {
  const fresh = admin('admin0', { deployments: [deployment('admin0')] });
  assert.equal(findMate(web1, fresh, group('web2', [])), 'admin0');
  assert.equal(findMate(web1, fresh, { leads, served: 'web2' }), undefined, 'the ledger was not asked');
  const begun = { deploymentId: 'web2', apps: { admin: 'admin0' } };
  assert.equal(findMate(web1, fresh, group('web2', [begun])), 'admin0', 'the first release with it did not move it');
  const moved = { deploymentId: 'web2', apps: { admin: 'admin2' } };
  assert.equal(findMate(web1, fresh, group('web2', [begun, moved])), undefined, 'it served another one meanwhile');
  assert.equal(findMate(web0, admin('admin1'), group('web2', [])), undefined, 'it serves another release');
  const staged = deployment('web3', 'key3', { readySubstate: 'STAGED' });
  assert.equal(findMate(staged, fresh, group('web2', [begun])), undefined, 'forward it has to move');
});

test('what an app serves is named by the deployment of the first app it belongs to', () => {
  const known = [{ deploymentId: 'web0', apps: { admin: 'admin0' } }];
  assert.equal(findLead('admin1', admin('admin1'), group('web0')), 'web1');
  assert.equal(findLead('admin0', admin('admin0'), group('web1', known)), 'web0');
  assert.equal(findLead('hand', admin('hand'), group('web1', known)), undefined);
});

test('a target is one only where all of its apps could be served again (S9)', () => {
  const recorded = [{ deploymentId: 'web0', apps: { admin: 'admin0' } }];
  const reasonOf = (mate: VercelDeployment | undefined, served = 'admin2') =>
    goesWith(web1, admin(served, { deployments: mate === undefined ? [] : [mate] }), group('web2', recorded)).problem;
  assert.equal(reasonOf(deployment('admin1', 'key1')), undefined);
  assert.equal(reasonOf(deployment('admin1', 'key1', { readySubstate: 'STAGED' }), 'admin1'), undefined, 'it serves');
  assert.match(reasonOf(undefined) ?? '', /no deployment of admin is known to go with it/);
  const staged = deployment('admin1', 'key1', { readySubstate: 'STAGED' });
  assert.match(reasonOf(staged) ?? '', /admin1 of admin was never in production/);
  const refused = deployment('admin1', 'key1', { isRollbackCandidate: false });
  assert.match(reasonOf(refused) ?? '', /Vercel does not offer admin1 of admin/);
  const known = [{ deploymentId: 'web0', apps: { admin: 'gone' } }];
  assert.match(goesWith(web0, admin('admin2'), group('web2', known)).problem ?? '', /gone of admin is not listed/);
});

test('of a mate that is of another release it is told how old its code is, for the guard', () => {
  const recorded = [{ deploymentId: 'web0', apps: { admin: 'admin0' } }];
  const mate = goesWith(web0, admin('admin2'), group('web2', recorded));
  assert.deepEqual(mate, { name: 'admin', deploymentId: 'admin0', built: { createdAt: 1, meta: {} } });
  assert.equal(
    goesWith(web1, admin('admin2'), group('web2')).built,
    undefined,
    'of the same release: as old as the first',
  );
  assert.equal(goesWith(web0, admin('admin0'), group('web0')).built, undefined, 'it serves: it bears the database');
});
