import { jsonAnswer } from '../http/answer.ts';
import type { RouteHandler, Routes } from '../http/router.ts';

/** What the machine of the project does; shares from 0 to 1. */
export interface SandboxMachine {
  cpus: number;
  cpu: number;
  memory: number;
  disk: number;
  connections: number;
  maxConnections: number;
  replicationLagSeconds: number;
  storageMegabytes: number;
  /** The platform measures once a minute: looks in between see the same numbers. */
  minutesBetweenLooks: number;
}

export interface MetricsState {
  /** Absent: a project of a plan without metrics. */
  machine?: SandboxMachine;
}

export const restingMachine: SandboxMachine = {
  cpus: 2,
  cpu: 0.1,
  memory: 0.4,
  disk: 0.3,
  connections: 12,
  maxConnections: 60,
  replicationLagSeconds: 0,
  storageMegabytes: 512,
  minutesBetweenLooks: 1,
};

/** GET …/analytics/endpoints/metrics: Prometheus text with the names and labels of supabase/supabase-grafana, metrics.md. */
export function metricsRoutes(
  state: MetricsState,
  project: string,
  guarded: (handler: RouteHandler) => RouteHandler,
): Routes {
  // CPU seconds since the start of the machine: idle and busy, of all CPUs.
  const counted = { idle: 50_000, busy: 10_000 };
  return {
    'GET /v1/projects/:ref/analytics/endpoints/metrics': guarded(() => {
      const { machine } = state;
      if (machine === undefined) return jsonAnswer(403, { message: 'Forbidden resource' });
      const seconds = 60 * machine.minutesBetweenLooks * machine.cpus;
      counted.busy += seconds * machine.cpu;
      counted.idle += seconds * (1 - machine.cpu);
      const headers = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' };
      return { status: 200, headers, body: render(machine, counted, project) };
    }),
  };
}

function render(machine: SandboxMachine, counted: { idle: number; busy: number }, project: string): string {
  const labels = (more: Record<string, string>): string =>
    Object.entries({ supabase_project_ref: project, supabase_identifier: project, ...more })
      .map(([name, value]) => `${name}="${value}"`)
      .join(',');
  const lines: string[] = [];
  const family = (name: string, kind: string, samples: readonly [Record<string, string>, number][]): void => {
    lines.push(`# HELP ${name} See node_exporter and postgres_exporter.`, `# TYPE ${name} ${kind}`);
    for (const [more, value] of samples) lines.push(`${name}{${labels(more)}} ${value}`);
  };
  const db = { service_type: 'db' };
  const postgres = { service_type: 'postgresql', server: 'localhost:5432' };
  const gauge = (name: string, of: Record<string, string>, value: number): void => family(name, 'gauge', [[of, value]]);
  family(
    'node_cpu_seconds_total',
    'counter',
    Array.from({ length: machine.cpus }, (_, cpu) => cpu).flatMap((cpu): [Record<string, string>, number][] => [
      [{ ...db, cpu: String(cpu), mode: 'idle' }, counted.idle / machine.cpus],
      [{ ...db, cpu: String(cpu), mode: 'user' }, counted.busy / machine.cpus],
    ]),
  );
  gauge('node_load1', db, machine.cpu * machine.cpus);
  gauge('node_memory_MemTotal_bytes', db, 1e9);
  gauge('node_memory_MemAvailable_bytes', db, 1e9 * (1 - machine.memory));
  const volumes = [
    { ...db, device: '/dev/nvme0n1p2', fstype: 'ext4', mountpoint: '/' },
    { ...db, device: '/dev/nvme1n1', fstype: 'ext4', mountpoint: '/data' },
  ];
  family(
    'node_filesystem_size_bytes',
    'gauge',
    volumes.map((of) => [of, 8e9]),
  );
  family(
    'node_filesystem_avail_bytes',
    'gauge',
    volumes.map((of) => [of, of.mountpoint === '/data' ? 8e9 * (1 - machine.disk) : 7e9]),
  );
  gauge('pg_stat_database_num_backends', postgres, machine.connections);
  gauge('max_connections_connection_count', postgres, machine.maxConnections);
  gauge('pg_database_size_mb', postgres, 64);
  gauge('storage_storage_size_mb', postgres, machine.storageMegabytes);
  gauge('replication_slots_max_lag_bytes', postgres, Number.NaN);
  gauge('physical_replication_lag_physical_replication_lag_seconds', postgres, machine.replicationLagSeconds);
  return `${lines.join('\n')}\n`;
}
