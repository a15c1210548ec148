import type { MigrationFinding } from '#postgres/classify-migrations';
import type { Finding } from './decide-preflight.ts';

/** A remark about a migration file, as a finding of the preflight. Pure. */
export function toFinding(finding: MigrationFinding): Finding {
  const statement = finding.statement === '' ? '' : `: ${finding.statement}`;
  return {
    code: 'unsafe_migration',
    severity: finding.severity === 'refuse' ? 'refuse' : 'warning',
    message: `${finding.file} line ${finding.line} (${finding.rule}) ${finding.message}${statement}`,
    fix: finding.accepted === undefined ? finding.correction : `accepted in the file: ${finding.accepted}`,
  };
}
