import { createEmulator } from 'emulate';
import type { SandboxDescription } from '../sandbox-types.ts';
import type { Services } from '../services.ts';
import { randomName } from '../vercel/vercel-state.ts';
import { createSlackFront } from './slack-front.ts';

// What emulate's Slack always has: channel #general and one webhook into it.
const channelId = 'C000000001';
const webhookPath = '/services/T000000001/B000000001/X000000001';

/** Slack from the emulate package behind our front. */
export async function startSlack(
  services: Services,
): Promise<{ description: SandboxDescription['slack']; close(): Promise<void> }> {
  const token = `xoxb-sandbox-${randomName(24)}`;
  const inner = await createEmulator({ service: 'slack', port: 0 });
  const front = await services.listen(
    'slack',
    createSlackFront({ innerPort: Number(new URL(inner.url).port), token, webhookPath }),
  );
  return {
    description: {
      apiUrl: `${front.url}/api/`,
      token,
      channelId,
      webhookUrl: `${front.url}${webhookPath}`,
    },
    close: () => inner.close(),
  };
}
