import type { Passage } from '../../packages/release/test/gate.ts';

/** When a runner dies at a request. */
export const moments = ['before sending', 'after its effect', 'after its answer'] as const;
export type Moment = (typeof moments)[number];

/** One request of a run. Requests are told apart by what they say, because how often a state is polled differs between runs. */
export interface Outgoing {
  /** `github POST /deployments/:n/statuses ops:promote:intent` */
  name: string;
  /** Which of those with this name, from 0. */
  occurrence: number;
  /** Whether it can change anything. */
  writes: boolean;
}

export interface CrashPoint extends Outgoing {
  moment: Moment;
}

/** The requests of a recorded run, in their order. Pure. */
export function outgoingOf(passages: readonly Passage[]): Outgoing[] {
  const counts = new Map<string, number>();
  return passages.map((passage) => {
    const name = nameOf(passage);
    const occurrence = counts.get(name) ?? 0;
    counts.set(name, occurrence + 1);
    return { name, occurrence, writes: changes(passage) };
  });
}

/** Every request at every moment. Pure. */
export function allPoints(outgoing: readonly Outgoing[]): CrashPoint[] {
  return outgoing.flatMap((one) => moments.map((moment) => ({ ...one, moment })));
}

/**
 * One point for every state that a death can leave behind. A fresh runner sees nothing but the services, and they change only
 * by writes: so all points between two writes leave the same, and the death after the effect of each write stands for them.
 * Uploaded files are found by their content and stand for one another. Pure.
 */
export function pointsByState(outgoing: readonly Outgoing[]): CrashPoint[] {
  const writes = outgoing.filter(({ writes, name, occurrence }) => {
    return writes && !(name === 'vercel POST /v2/files' && occurrence > 0);
  });
  return [
    ...writes.slice(0, 1).map((one): CrashPoint => ({ ...one, moment: 'before sending' })),
    ...writes.map((one): CrashPoint => ({ ...one, moment: 'after its effect' })),
  ];
}

/** What a request says, without what differs from run to run. Pure. */
export function nameOf({ service, method, path, body }: Passage): string {
  const [bare = ''] = path.split('?');
  const plain = decodeURIComponent(bare)
    .replace(/^\/repos\/[^/]+\/[^/]+/, '')
    .replace(/\bdpl_\w+/, ':deployment')
    .replace(/\bprj_\w+/, ':project')
    .replace(/\d+\.\d+\.\d+\.\d+:\d+/, ':host')
    .replace(/\b[0-9a-f]{40}\b/g, ':commit')
    .replace(/(?<=\/(deployments|issues)\/)\d+/, ':n');
  return [service, method, plain, detailOf(body)].filter((part) => part !== '').join(' ');
}

function detailOf(body: string): string {
  try {
    const { task, description, thread_ts: thread } = JSON.parse(body) as Record<string, unknown>;
    if (typeof task === 'string') return task;
    if (thread !== undefined) return 'reply';
    return /^ops:[a-z-]+:(?:intent|outcome)/.exec(String(description))?.[0] ?? '';
  } catch {
    return '';
  }
}

function changes({ service, method, path }: Passage): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  return !(service === 'slack' && path.includes('conversations.'));
}
