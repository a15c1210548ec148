import { escapeMarkdown } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import type { BackupResult } from '#backup/create-backup';
import type { BackupManifest } from '#backup/manifest';
import type { VerifyResult } from '#backup/verify-backup';

/** The database was not touched. Pure. */
export function renderRefusal(reasonCode: string, message: string): Result {
  return { decision: 'refused', reasonCode, summary: `Not restored: ${message}`, failed: true };
}

/** What the restore into a scratch server proved. Pure. */
export function renderRehearsal(manifest: BackupManifest, rehearsal: VerifyResult, live: boolean): Result {
  const { seconds, ...verification } = rehearsal;
  const restored = verification.verdict === 'verified';
  const took = `restore ${seconds.restore.toFixed(1)} s, comparison ${seconds.compare.toFixed(1)} s`;
  const untouched = live ? '; the database was not touched' : '';
  const summary = `${manifest.name} ${restored ? 'restored into a scratch server' : `does not restore (${verification.verdict})`}: ${verification.message} (${took})${untouched}`;
  return {
    decision: restored ? 'restored' : 'failed',
    reasonCode: restored ? 'restored_to_scratch' : verification.reasonCode,
    summary,
    failed: !restored,
    details: { target: 'scratch', verification, seconds, backup: manifest.name },
    jobSummary: ['### Restore', escapeMarkdown(summary), ''].join('\n\n'),
  };
}

/** A live database was replaced. Pure. */
export function renderReplaced(given: {
  manifest: BackupManifest;
  saved: BackupResult;
  loss: readonly string[];
  wrong: readonly string[];
  /** What the named tables and queries found. */
  faults: readonly string[];
  seconds: number;
}): Result {
  const { manifest, saved, loss, wrong, faults, seconds } = given;
  const back = `the state before is ${saved.manifestFile}, sha256:${saved.manifest.object.sha256}`;
  const fine = wrong.length + faults.length === 0;
  const ending = fine
    ? `every row of ${manifest.rows} is back`
    : wrong.length === 0
      ? `every row of ${manifest.rows} is back, but not as it must be: ${faults.slice(0, 3).join('; ')}`
      : `${wrong.length} tables are not as the backup held them: ${wrong.slice(0, 3).join('; ')}`;
  const summary = `${manifest.name} restored into the live database in ${seconds.toFixed(1)} s: ${ending}; ${back}`;
  return {
    decision: fine ? 'restored' : 'failed',
    reasonCode: fine ? 'restored_live' : wrong.length > 0 ? 'rows_differ' : 'checks_failed',
    summary,
    failed: !fine,
    details: { target: 'live', loss, wrong, faults, seconds: { restore: seconds }, savedBefore: saved.manifestFile },
    outputs: { 'backup-manifest': saved.manifestFile },
    jobSummary: [
      '### Restore',
      escapeMarkdown(summary),
      ...(loss.length === 0
        ? []
        : ['Lost or changed by going back:', loss.map((line) => `- ${escapeMarkdown(line)}`).join('\n')]),
      '',
    ].join('\n\n'),
  };
}
