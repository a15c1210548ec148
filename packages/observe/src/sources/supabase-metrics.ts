import type { Clock } from '#http/clock';
import { openProjectMetrics } from '#supabase/project-metrics';
import { cpuBetween, type MetricsLook } from '#supabase/read-metrics';
import { countsNothing } from '../bucket.ts';
import type { Reading } from '../reading.ts';
import type { ObservationSource } from '../source.ts';

export interface SupabaseMetricsSource {
  /** https://api.supabase.com */
  url: string;
  token: string;
  /** Reference of the project, 20 letters. */
  project: string;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

/** The platform measures once a minute (supabase.com/docs/guides/telemetry/metrics): after this time counters have moved. */
const measuredEveryMs = 65_000;

/** Numbers of a project's machine and database beside the counts of another source (MET-04). It counts no requests. */
export function supabaseMetrics(given: SupabaseMetricsSource): ObservationSource {
  const { url, token, project, clock, signal } = given;
  const metrics = openProjectMetrics({ apiUrl: url, token, project, signal, clock });
  let before: MetricsLook | undefined;
  return {
    name: 'supabase-metrics',
    denominator: 'numbers, no requests',
    granularityMs: 0,
    readAfterMs: [0],
    readingsAfterMs: measuredEveryMs,
    looksBack: false,
    async open() {
      // CPU is a counter: the first look is what the next one is compared with.
      before = await metrics.look();
    },
    async read() {
      return countsNothing('supabase-metrics');
    },
    async readings() {
      const look = await metrics.look();
      const cpu = cpuBetween(before, look);
      if (cpu !== undefined) before = look;
      return readingsOf(look, cpu, clock.now() / 1000);
    },
    async close() {},
  };
}

/** What is not measured is no reading, never 0. */
function readingsOf(look: MetricsLook, cpu: number | undefined, at: number): Reading[] {
  const { connections, memory, disk, replicationLagMs, storageMegabytes } = look;
  const pool = connections && connections.taken / connections.maximum;
  const told: [string, number | undefined, Reading['unit'], (string | undefined)?][] = [
    ['database-cpu', cpu, 'share'],
    ['memory', memory, 'share'],
    ['database-disk', disk, 'share'],
    ['database-pool', pool, 'share', connections && `${connections.taken} of ${connections.maximum} connections`],
    ['replication-lag', replicationLagMs, 'ms'],
    ['storage-mb', storageMegabytes, 'count'],
  ];
  return told.flatMap(([metric, value, unit, about]) =>
    value === undefined
      ? []
      : [{ metric, value, unit, at, source: 'supabase-metrics', ...(about === undefined ? {} : { about }) }],
  );
}
