import { setTimeout as delay } from 'node:timers/promises';
import { createHttpClient } from '#http/client';
import type { ReleaseFixture } from './release-fixture.ts';

/** Sends what the dashboard's "Instant Rollback" sends, and waits until the domains have moved. */
export async function rollBackInDashboard(
  fixture: ReleaseFixture,
  deploymentId: string,
  description = 'orders were lost',
): Promise<void> {
  await move(fixture, `/v1/projects/:project/rollback/${deploymentId}`, { description });
}

/** Sends what the dashboard's "Promote" sends, and waits until the domains have moved. */
export async function promoteInDashboard(fixture: ReleaseFixture, deploymentId: string): Promise<void> {
  await move(fixture, `/v10/projects/:project/promote/${deploymentId}`);
}

async function move({ sandbox }: ReleaseFixture, path: string, query: Record<string, string> = {}): Promise<void> {
  const { apiUrl, token, teamId, projectId } = sandbox.description.vercel;
  const client = createHttpClient({ baseUrl: apiUrl, headers: { authorization: `Bearer ${token}` } });
  await client.request({ method: 'POST', path: path.replace(':project', projectId), query: { teamId, ...query } });
  const request = () => sandbox.vercel.project.lastAliasRequest;
  while (request()?.jobStatus !== 'succeeded') await delay(20);
}
