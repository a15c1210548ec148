import type { Bucket } from './bucket.ts';
import type { ObservationSource } from './source.ts';

/** The time between the promotion and the watch, in which health and smoke checks ran; milliseconds. */
export interface Lead {
  /** Undefined where nobody said when the domains moved. */
  promotedAt: number | undefined;
  /** When the first interval of the watch begins. */
  startedAt: number;
  intervalMs: number;
  /** Intervals of the window. */
  planned: number;
}

type Knowing = Pick<ObservationSource, 'looksBack' | 'knownSince'>;

/**
 * How many whole intervals right before the watch a source can tell about. One that looks back counts all deployments: the interval
 * of the switch itself holds both and is left out. One that was opened before the switch knows one deployment alone, which nobody
 * could see until then: its first interval may begin earlier. At most half a window, so that there is something left to watch. Pure.
 */
export function leadIntervals({ promotedAt, startedAt, intervalMs, planned }: Lead, source: Knowing): number {
  if (promotedAt === undefined || promotedAt >= startedAt) return 0;
  const most = Math.floor(planned / 2);
  const whole = (since: number) => Math.max(0, Math.floor((startedAt - since) / intervalMs + 1e-6));
  if (source.looksBack) return Math.min(most, whole(promotedAt));
  const since = source.knownSince?.() ?? startedAt;
  const known = since <= promotedAt ? Math.ceil((startedAt - promotedAt) / intervalMs - 1e-6) : whole(since);
  return Math.min(most, known);
}

/** Milliseconds right after the promotion that nobody has counted; 0 where that is less than a source can tell apart. Pure. */
export function unseenMs(lead: Lead, source: Knowing, buckets: readonly Bucket[]): number {
  const { promotedAt, startedAt, intervalMs } = lead;
  if (promotedAt === undefined || promotedAt >= startedAt) return 0;
  let seen = 0;
  for (const { start, end } of buckets)
    seen += Math.max(0, Math.min(end * 1000, startedAt) - Math.max(start * 1000, promotedAt));
  const unseen = startedAt - promotedAt - seen;
  return unseen < (source.looksBack ? intervalMs : 1_000) ? 0 : unseen;
}
