import type { DatabaseReport } from '#postgres/doctor/database-report';
import { cpuBetween, type MetricsLook } from '#supabase/read-metrics';

/** Looks of the platform at the machine, around the report, or why there are none. */
export type MachineLooks = { before: MetricsLook; after?: MetricsLook | undefined } | { why: string };

/** One of the eight values of DBD-17; `known` is false where `value` says why it is not. */
export interface GlanceValue {
  name: string;
  value: string;
  known: boolean;
}

/** The state of a database at a glance: eight values, each with what is known or why it is not. Pure. */
export function atAGlance(
  /** Undefined where the doctor could not connect. */
  report: Pick<DatabaseReport, 'sessions' | 'connectionLimit' | 'replication' | 'migrations'> | undefined,
  machine: MachineLooks,
  about: { backup: { text: string; known: boolean }; unreachable?: string },
): GlanceValue[] {
  const known = (name: string, value: string): GlanceValue => ({ name, value, known: true });
  const unknown = (name: string, why: string): GlanceValue => ({ name, value: `not available: ${why}`, known: false });
  const look = 'why' in machine ? undefined : (machine.after ?? machine.before);
  const why = 'why' in machine ? machine.why : 'the platform does not tell it';
  const told = (name: string, value: string | undefined): GlanceValue =>
    value === undefined ? unknown(name, why) : known(name, value);
  return [
    report === undefined
      ? known('reachable', `no: ${about.unreachable ?? 'the database did not answer'}`)
      : known('reachable', 'yes'),
    cpuValue(machine) ?? unknown('CPU', why),
    told('memory', look?.memory === undefined ? undefined : `${percent(look.memory)} taken`),
    connectionsValue(report, look) ?? unknown('connections', why),
    told('disk', look?.disk === undefined ? undefined : `${percent(look.disk)} taken`),
    lagValue(report, look) ?? unknown('replication lag', why),
    about.backup.known ? known('last backup', about.backup.text) : unknown('last backup', about.backup.text),
    migrationValue(report),
  ];
}

/** A share needs counters that moved between two looks; the load is what one look tells. */
function cpuValue(machine: MachineLooks): GlanceValue | undefined {
  if ('why' in machine) return undefined;
  const share = machine.after && cpuBetween(machine.before, machine.after);
  if (share !== undefined) return { name: 'CPU', value: `${percent(share)} busy`, known: true };
  const { load, cpu } = machine.after ?? machine.before;
  if (load === undefined || cpu === undefined) return undefined;
  const cpus = `${cpu.cpus} ${cpu.cpus === 1 ? 'CPU' : 'CPUs'}`;
  const value = `load ${load.toFixed(2)} on ${cpus}; a share needs two looks a minute apart`;
  return { name: 'CPU', value, known: true };
}

function connectionsValue(
  report: Pick<DatabaseReport, 'sessions' | 'connectionLimit'> | undefined,
  look: MetricsLook | undefined,
): GlanceValue | undefined {
  const name = 'connections';
  if (report?.sessions.read) {
    const clients = report.sessions.value.filter(({ backendType }) => backendType === 'client backend').length + 1;
    const { connectionLimit: limit } = report;
    const of = limit.read ? ` of ${limit.value.maximum - limit.value.reserved}` : '';
    return { name, value: `${clients}${of}`, known: true };
  }
  if (look?.connections === undefined) return undefined;
  return { name, value: `${look.connections.taken} of ${look.connections.maximum}`, known: true };
}

function lagValue(
  report: Pick<DatabaseReport, 'replication'> | undefined,
  look: MetricsLook | undefined,
): GlanceValue | undefined {
  const name = 'replication lag';
  if (report?.replication.read) {
    const { replicas } = report.replication.value;
    if (replicas.length === 0) return { name, value: 'none: no replica reads from it', known: true };
    const seconds = replicas.flatMap(({ lagSeconds }) => (lagSeconds === undefined ? [] : [lagSeconds]));
    if (seconds.length > 0) return { name, value: `${Math.max(...seconds).toFixed(1)} s`, known: true };
  }
  if (look?.replicationLagMs === undefined) return undefined;
  return { name, value: `${(look.replicationLagMs / 1000).toFixed(1)} s`, known: true };
}

function migrationValue(report: Pick<DatabaseReport, 'migrations'> | undefined): GlanceValue {
  const name = 'last migration';
  if (report === undefined) return { name, value: 'not available: the database did not answer', known: false };
  const { migrations } = report;
  if (!migrations.read) return { name, value: `not available: ${migrations.reason}`, known: false };
  const { lastVersion, count } = migrations.value;
  return { name, value: lastVersion === undefined ? 'none is recorded' : `${lastVersion} of ${count}`, known: true };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
