import { cleanText } from '#http/text';
import type { VercelApi } from './vercel-api.ts';

const LONGEST_LINE = 300;

/** The last lines of a deployment's build log, oldest first, cleaned and bounded (S14). Throws VercelError. */
export async function readBuildLog(api: VercelApi, deploymentId: string, lines: number): Promise<string[]> {
  const path = `/v3/deployments/${encodeURIComponent(deploymentId)}/events`;
  const query = { builds: 1, direction: 'backward', limit: lines * 2 };
  const answer = await api.call({ path, query }, `Reading the build log of ${deploymentId}`);
  return parseBuildLog(answer.text).slice(-lines);
}

/** Reads both shapes of the events endpoint: a JSON array, or one JSON object per line (application/stream+json). */
function parseBuildLog(text: string): string[] {
  const events = parseEvents(text)
    .map((event) => {
      const payload = (event.payload ?? event) as Record<string, unknown>;
      const said = payload.text ?? event.text;
      const at = payload.date ?? event.created ?? event.date;
      return {
        text: typeof said === 'string' ? cleanText(said, LONGEST_LINE) : '',
        at: typeof at === 'number' ? at : 0,
      };
    })
    .filter((event) => event.text !== '');
  // Newest first where asked for backwards: turned round before the stable sort, so that lines of one millisecond keep their order.
  if ((events[0]?.at ?? 0) > (events.at(-1)?.at ?? 0)) events.reverse();
  return events.sort((a, b) => a.at - b.at).map((event) => event.text);
}

function parseEvents(text: string): Record<string, unknown>[] {
  const whole = parse(text);
  const items = Array.isArray(whole) ? whole : text.split('\n').map(parse);
  return items.filter((item) => typeof item === 'object' && item !== null) as Record<string, unknown>[];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
