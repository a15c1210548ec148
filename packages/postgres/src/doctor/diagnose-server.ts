import type { DatabaseReport } from './database-report.ts';
import type { DoctorLimits, Finding } from './diagnose.ts';

/** What ails the server as a whole: its replicas, its mode, its transaction numbers. Pure. */
export function diagnoseServer(report: DatabaseReport, limits: DoctorLimits): Finding[] {
  return [...replication(report, limits), ...serverState(report)];
}

function replication(report: DatabaseReport, limits: DoctorLimits): Finding[] {
  if (!report.replication.read) return [];
  const state = report.replication.value;
  const late = state.replicas.filter((replica) => (replica.lagSeconds ?? 0) > limits.replicationLagSeconds);
  return [
    ...late.map(
      (replica): Finding => ({
        severity: 'warning',
        code: 'replication_lag',
        message: `replica ${replica.application} is ${seconds(replica.lagSeconds)} behind`,
        next: 'What reads from it shows old data: look at its load and network',
      }),
    ),
    ...state.idleSlots.map(
      (slot): Finding => ({
        severity: 'warning',
        code: 'idle_replication_slot',
        message: `nobody reads from replication slot ${slot.slot}${slot.retainedBytes === undefined ? '' : `; it keeps ${megabytes(slot.retainedBytes)} of WAL on the disk`}`,
        next: 'Start its reader again, or drop the slot before the disk is full: SELECT pg_drop_replication_slot(…)',
      }),
    ),
  ];
}

function serverState(report: DatabaseReport): Finding[] {
  if (!report.server.read) return [];
  const server = report.server.value;
  const findings: Finding[] = [];
  if (server.readOnly) {
    const until = server.readOnlyUntil;
    const over = until !== undefined && until < report.readAt;
    findings.push({
      severity: over ? 'critical' : 'warning',
      code: over ? 'read_only_expired' : 'read_only',
      message: `new sessions of ${report.database} are read-only${until === undefined ? '' : `, planned until ${new Date(until * 1000).toISOString()}${over ? ', which is over' : ''}`}`,
      next: 'Nothing switches it back by itself: mitigate: read-only-off, once writes are safe again',
    });
  }
  // autovacuum_freeze_max_age is 200 million; at 2.1 thousand million the server refuses to write.
  if (server.oldestTransactionAge > 1_000_000_000) {
    findings.push({
      severity: server.oldestTransactionAge > 1_600_000_000 ? 'critical' : 'warning',
      code: 'transaction_ids_run_out',
      message: `the oldest row was frozen ${Math.round(server.oldestTransactionAge / 1e6)} million transactions ago; near 2,100 million the server stops accepting writes`,
      next: 'VACUUM FREEZE the oldest tables; look for what keeps them: old transactions, prepared transactions, replication slots',
    });
  }
  return findings;
}

/** A time as a person would say it. Pure. */
export function seconds(value: number | undefined): string {
  if (value === undefined) return 'an unknown time';
  return value < 120 ? `${Math.round(value)} s` : `${Math.round(value / 60)} min`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
