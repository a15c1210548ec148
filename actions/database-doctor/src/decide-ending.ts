import type { Result } from '#action-kit/result';
import type { DatabaseReport } from '#postgres/doctor/database-report';
import type { Finding } from '#postgres/doctor/diagnose';
import type { Treatment } from './act.ts';

type Ending = Pick<Result, 'decision' | 'reasonCode' | 'summary' | 'failed' | 'warning'>;

/** How the step ends, from what was seen and what was done. Pure. */
export function decideEnding(given: {
  report: DatabaseReport;
  findings: readonly Finding[];
  failOn: string;
  treatment?: Treatment | undefined;
  dryRun: boolean;
}): Ending {
  const { findings, treatment } = given;
  const [worst] = findings;
  if (treatment !== undefined) return afterTreatment(treatment, given.dryRun);
  const serious = findings.filter(({ severity }) => severity !== 'notice');
  if (worst === undefined || serious.length === 0) {
    const { sessions } = given.report;
    const clients = sessions.read ? sessions.value.filter(({ backendType }) => backendType === 'client backend') : [];
    const count = sessions.read ? `${clients.length + 1} connections` : 'connections unknown';
    const summary = `${given.report.database} looks healthy: ${count}, nothing blocks, ${findings.length} ${findings.length === 1 ? 'notice' : 'notices'}`;
    return { decision: 'healthy', reasonCode: 'healthy', summary, failed: false };
  }
  const critical = worst.severity === 'critical';
  const more = serious.length === 1 ? '' : ` (and ${serious.length - 1} more)`;
  const failed = given.failOn === 'warning' || (given.failOn === 'critical' && critical);
  return {
    decision: critical ? 'critical' : 'findings',
    reasonCode: worst.code,
    summary: `${worst.message}${more}. ${worst.next}`,
    failed,
    warning: true,
  };
}

function afterTreatment({ plan, outcomes, readOnly }: Treatment, dryRun: boolean): Ending {
  const spared = plan.spared.length === 0 ? '' : `; ${plan.spared.length} spared (see the summary)`;
  if (dryRun) {
    const summary = `${plan.signals.length} sessions would get a signal${spared}; nothing was done`;
    return { decision: 'planned', reasonCode: 'dry_run', summary, failed: false };
  }
  if (readOnly !== undefined && (readOnly.proof === 'refused') !== readOnly.on) {
    const summary = readOnly.on
      ? 'new sessions can still write although the database was set read-only: the setting of the role wins'
      : 'new sessions are still refused writes although the setting is gone: look at the settings of the role';
    return { decision: 'refused', reasonCode: 'read_only_not_proven', summary, failed: true };
  }
  const left = outcomes.filter(({ outcome }) => outcome === 'sent' || outcome === 'not-allowed');
  if (left.length > 0) {
    const forbidden = left.some(({ outcome }) => outcome === 'not-allowed');
    const next = forbidden ? 'GRANT pg_read_all_stats and pg_signal_backend to this role' : 'run the report again';
    const summary = `${left.length} of ${outcomes.length} sessions are still there: ${next}`;
    return { decision: 'refused', reasonCode: forbidden ? 'not_allowed' : 'still_there', summary, failed: true };
  }
  const done = outcomes.filter(({ outcome }) => outcome === 'done').length;
  const ended = `${done} of ${plan.signals.length} sessions ended or were cancelled${spared}`;
  if (readOnly === undefined) return { decision: 'mitigated', reasonCode: 'mitigated', summary: ended, failed: false };
  const exceptions = [
    ...(readOnly.spared.length === 0
      ? []
      : [
          `sessions of ${readOnly.spared.join(', ')} that were open before ${readOnly.on ? 'can still write' : 'may still be read-only'}`,
        ]),
    ...(readOnly.exceptions.length === 0
      ? []
      : [`roles with a setting of their own can still write: ${readOnly.exceptions.join(', ')}`]),
  ];
  if (exceptions.length === 0) {
    const mode = readOnly.on ? 'read-only, proven by a refused write' : 'writable again';
    return {
      decision: 'mitigated',
      reasonCode: 'mitigated',
      summary: `the database is ${mode}; ${ended}`,
      failed: false,
    };
  }
  // A write that was refused to us proves nothing about those.
  const mode = readOnly.on ? 'new sessions are refused writes' : 'new sessions can write again';
  const summary = `${mode}, but ${exceptions.join('; ')}; ${ended}`;
  return { decision: 'mitigated', reasonCode: 'mode_incomplete', summary, failed: false, warning: true };
}
