/** What one look at a project's metrics says of its machine and its database; what it does not say is absent. */
export interface MetricsLook {
  /** CPU seconds since the machine started, of all CPUs together: a share needs two looks, see `cpuBetween`. */
  cpu?: { idle: number; all: number; cpus: number };
  /** Processes that run or wait to run, on average of the last minute. */
  load?: number;
  /** Shares that are taken. */
  memory?: number;
  disk?: number;
  connections?: { taken: number; maximum: number };
  /** Of a replica behind its primary. */
  replicationLagMs?: number;
  /** Megabytes, as the platform counts them. */
  databaseMegabytes?: number;
  storageMegabytes?: number;
}

interface Sample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** The data volume of a project; the root volume holds the system, and all there is of small projects. */
const dataVolume = '/data';

/**
 * Reads Supabase's metrics, Prometheus text; names as of github.com/supabase/supabase-grafana (metrics.md, formulas of
 * grafana/dashboard.json) at 8bfe3f1. Samples of a read replica are not those of the project. Pure.
 */
export function readMetrics(text: string, project: string): MetricsLook {
  const samples = samplesOf(text).filter(
    ({ labels: { supabase_identifier: of } }) => of === undefined || of === '' || of === project,
  );
  const all = (name: string): Sample[] => samples.filter((sample) => sample.name === name);
  const one = (name: string): number | undefined => all(name)[0]?.value;
  const share = (left: number | undefined, of: number | undefined): number | undefined =>
    left === undefined || of === undefined || of <= 0 ? undefined : Math.min(1, Math.max(0, 1 - left / of));
  const volume = (name: string, mountpoint: string): number | undefined =>
    all(name).find(({ labels }) => labels.mountpoint === mountpoint && labels.fstype !== 'rootfs')?.value;
  const disk = (mountpoint: string): number | undefined =>
    share(volume('node_filesystem_avail_bytes', mountpoint), volume('node_filesystem_size_bytes', mountpoint));
  const [taken, maximum] = [one('pg_stat_database_num_backends'), one('max_connections_connection_count')];
  const lag = one('physical_replication_lag_physical_replication_lag_seconds');
  return present({
    cpu: cpuOf(all('node_cpu_seconds_total')),
    load: one('node_load1'),
    memory: share(one('node_memory_MemAvailable_bytes'), one('node_memory_MemTotal_bytes')),
    disk: disk(dataVolume) ?? disk('/'),
    connections: taken === undefined || maximum === undefined || maximum <= 0 ? undefined : { taken, maximum },
    replicationLagMs: lag === undefined ? undefined : lag * 1000,
    databaseMegabytes: one('pg_database_size_mb'),
    storageMegabytes: one('storage_storage_size_mb'),
  });
}

/** True where the text is an exposition of metrics at all, and not a page or an answer of another kind. Pure. */
export function areMetrics(text: string): boolean {
  return samplesOf(text).some(({ name }) => /^(node|pg|max_connections)_/.test(name));
}

/**
 * The share of the CPUs that was busy between two looks; undefined where the counters did not move, which is what a second look at
 * the same numbers sees, or went back, as after a restart. Pure.
 */
export function cpuBetween(before: MetricsLook | undefined, now: MetricsLook): number | undefined {
  if (before?.cpu === undefined || now.cpu === undefined || before.cpu.cpus !== now.cpu.cpus) return undefined;
  const all = now.cpu.all - before.cpu.all;
  const idle = now.cpu.idle - before.cpu.idle;
  return all <= 0 || idle < 0 ? undefined : Math.min(1, Math.max(0, 1 - idle / all));
}

function cpuOf(samples: readonly Sample[]): MetricsLook['cpu'] {
  const idle = samples.filter(({ labels }) => labels.mode === 'idle');
  if (idle.length === 0) return undefined;
  const sum = (some: readonly Sample[]): number => some.reduce((total, { value }) => total + value, 0);
  return { idle: sum(idle), all: sum(samples), cpus: new Set(idle.map(({ labels }) => labels.cpu)).size };
}

/** Lines `name{label="value"} number`; a number that is none (`NaN`) was not measured. */
function samplesOf(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const parts = /^(?<name>[a-zA-Z_:][\w:]*)(?:\{(?<labels>.*)\})?[ \t]+(?<value>[^\s]+)(?:[ \t]+-?\d+)?\s*$/.exec(
      line,
    )?.groups;
    const value = Number(parts?.value);
    if (parts?.name === undefined || !Number.isFinite(value)) return [];
    const labels = [...(parts.labels ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text]);
    return [{ name: parts.name, labels: Object.fromEntries(labels), value }];
  });
}

function present(look: { [K in keyof MetricsLook]: MetricsLook[K] | undefined }): MetricsLook {
  return Object.fromEntries(Object.entries(look).filter(([, value]) => value !== undefined)) as MetricsLook;
}
