import { setTimeout as delay } from 'node:timers/promises';
import { createHttpClient } from '#http/client';
import type { ReleaseFixture } from './release-fixture.ts';

/** Sends what the dashboard's "Instant Rollback" sends, and waits until the domains have moved. */
export async function rollBackInDashboard(
  { sandbox }: ReleaseFixture,
  deploymentId: string,
  description = 'orders were lost',
): Promise<void> {
  const { apiUrl, token, teamId, projectId } = sandbox.description.vercel;
  const client = createHttpClient({ baseUrl: apiUrl, headers: { authorization: `Bearer ${token}` } });
  const path = `/v1/projects/${projectId}/rollback/${deploymentId}`;
  await client.request({ method: 'POST', path, query: { teamId, description } });
  const request = () => sandbox.vercel.project.lastAliasRequest;
  while (request()?.jobStatus !== 'succeeded') await delay(20);
}
