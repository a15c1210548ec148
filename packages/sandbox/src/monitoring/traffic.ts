import type { EdgeLog, EdgeRequest } from '../edge/edge-log.ts';
import { runtimeRows } from '../edge/runtime-rows.ts';

/** A request to the app, as an agent inside the app would tell it to a monitoring service. */
export interface Served {
  id: string;
  /** Milliseconds since the epoch, when it ended. */
  at: number;
  path: string;
  status: number;
  durationMs: number;
  environment: string;
  deployment: string;
  /** Commit and version of the deployment; empty where nobody named them. */
  commit: string;
  release: string;
}

/** The requests that the sandbox's deployments really served, for services that count them. */
export interface Traffic {
  /** Those that ended in [from, until), in the order in which they ended. */
  served(from: number, until: number): Served[];
  /** What time it is for the services. */
  now(): number;
  /** Notes a request as if it had been served: for a past that nobody waits for. `times` of them, default one. */
  add(request: Pick<EdgeRequest, 'at' | 'status'> & Partial<EdgeRequest>, times?: number): void;
  /** Commit and version of a deployment that is not one of the sandbox's. */
  name(deployment: string, known: { commit?: string; release?: string }): void;
}

export interface TrafficOptions {
  log: EdgeLog;
  /** What a deployment is made from. */
  namesOf(deployment: string): { commit?: string | undefined; release?: string | undefined };
  now?: (() => number) | undefined;
}

/** Static files are not counted: no code of the app runs for them, so no agent in the app sees them. */
export function createTraffic({ log, namesOf, now = Date.now }: TrafficOptions): Traffic {
  const named = new Map<string, { commit?: string; release?: string }>();
  return {
    now,
    served(from, until) {
      const found: Served[] = [];
      for (const request of log.requests()) {
        if (request.at < from || request.at >= until || request.by !== 'function') continue;
        const deployment = request.deploymentId ?? '';
        const { commit = '', release = '' } = named.get(deployment) ?? namesOf(deployment);
        found.push({
          ...{
            id: request.requestId,
            at: request.at,
            path: request.path,
            status: request.status,
            durationMs: request.durationMs,
          },
          ...{ environment: request.environment ?? 'preview', deployment, commit, release },
        });
      }
      return found.sort((a, b) => a.at - b.at);
    },
    add(request, times = 1) {
      for (let index = 0; index < times; index += 1) {
        const entry: EdgeRequest = {
          ...{ host: 'app.example.com', method: 'GET', path: '/api/notes', by: 'function', durationMs: 20 },
          ...{ deploymentId: 'dpl_told', environment: 'production', requestId: `told-${request.at}-${index}` },
          ...request,
        };
        log.add(entry);
        if (entry.by === 'function') log.emit(entry.deploymentId ?? '', runtimeRows(entry, []));
      }
    },
    name(deployment, known) {
      named.set(deployment, known);
    },
  };
}

export function isFailed({ status }: { status: number }): boolean {
  return status >= 500;
}

/** The 95th percentile of how long requests took, in milliseconds; undefined of none. */
export function p95Of(served: readonly Served[]): number | undefined {
  const times = served.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  return times[Math.max(0, Math.ceil(times.length * 0.95) - 1)];
}

/** By the minute in which they ended, in milliseconds. */
export function byMinute(served: readonly Served[]): Map<number, Served[]> {
  return Map.groupBy(served, ({ at }) => at - (at % 60_000));
}
