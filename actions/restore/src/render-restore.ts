import { escapeMarkdown } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import type { BackupResult } from '#backup/create-backup';
import type { BackupManifest } from '#backup/manifest';
import type { VerifyResult } from '#backup/verify-backup';
import type { judgeTime } from '#release/judge-time';
import { type ChecklistItem, renderChecklist } from './checklist.ts';
import { howToResume } from './write-stop.ts';

/** The database was not touched. Pure. */
export function renderRefusal(reasonCode: string, message: string, checklist: readonly ChecklistItem[] = []): Result {
  const summary = `Not restored: ${message}`;
  const base = { decision: 'refused', reasonCode, summary, failed: true };
  if (checklist.length === 0) return base;
  return {
    ...base,
    details: { checklist },
    jobSummary: ['### Restore', escapeMarkdown(summary), ...renderChecklist(checklist), ''].join('\n\n'),
  };
}

interface Left {
  /** The state before, where it was saved. */
  saved: BackupResult | undefined;
  checklist: readonly ChecklistItem[];
}

/** Nobody can tell whether the live database was replaced: it stays as it is until a person has looked. Pure. */
export function renderUnknown(message: string, given: Left & { isStopped: boolean }): Result {
  const stopped = given.isStopped ? `. New sessions are kept read-only until you have looked; ${howToResume}` : '';
  return renderUnfinished(
    'restore_unknown',
    `It is not known whether the database was restored: ${message}`,
    stopped,
    given,
  );
}

/** Nothing was replaced, and what was stopped for it could not be let go. Pure. */
export function renderLeftStopped(summary: string, given: Left): Result {
  return renderUnfinished(
    'writes_not_resumed',
    summary,
    `. New sessions may still be read-only; ${howToResume}`,
    given,
  );
}

function renderUnfinished(reasonCode: string, why: string, stopped: string, { saved, checklist }: Left): Result {
  const before =
    saved === undefined ? '' : `; the state before is ${saved.manifestFile}, sha256:${saved.manifest.object.sha256}`;
  const summary = `${why}${before}${stopped}`;
  return {
    ...{ decision: 'failed', reasonCode, summary, failed: true },
    details: {
      target: 'live',
      checklist,
      ...(saved === undefined ? {} : { savedBefore: saved.manifestFile }),
    },
    ...(saved === undefined ? {} : { outputs: { 'backup-manifest': saved.manifestFile } }),
    jobSummary: ['### Restore', escapeMarkdown(summary), ...renderChecklist(checklist), ''].join('\n\n'),
  };
}

/** What the restore into a scratch server proved. Pure. */
export function renderRehearsal(
  manifest: BackupManifest,
  rehearsal: VerifyResult,
  { live, why, checklist }: { live: boolean; why: string | undefined; checklist: readonly ChecklistItem[] },
): Result {
  const { seconds, ...verification } = rehearsal;
  const restored = verification.verdict === 'verified';
  const took = `restore ${seconds.restore.toFixed(1)} s, comparison ${seconds.compare.toFixed(1)} s`;
  const untouched = live ? '; the database was not touched' : '';
  const summary = `${manifest.name} ${restored ? 'restored into a scratch server' : `does not restore (${verification.verdict})`}: ${verification.message} (${took})${untouched}${because(why)}`;
  return {
    decision: restored ? 'restored' : 'failed',
    reasonCode: restored ? 'restored_to_scratch' : verification.reasonCode,
    summary,
    failed: !restored,
    details: {
      target: 'scratch',
      verification,
      seconds,
      backup: manifest.name,
      ...(why === undefined ? {} : { chosen: why }),
      ...(live ? { checklist } : {}),
    },
    jobSummary: ['### Restore', escapeMarkdown(summary), ...(live ? renderChecklist(checklist) : []), ''].join('\n\n'),
  };
}

function because(why: string | undefined): string {
  return why === undefined ? '' : `. Chosen: ${why}`;
}

/** A live database was replaced. Pure. */
export function renderReplaced(given: {
  manifest: BackupManifest;
  saved: BackupResult;
  loss: readonly string[];
  wrong: readonly string[];
  /** What the named tables and queries found. */
  faults: readonly string[];
  /** Made because the server lacked them, and what of them a person has to look at. */
  roles: { made: readonly string[]; remarks: readonly string[] };
  seconds: number;
  time: ReturnType<typeof judgeTime>;
  /** Why this backup was chosen, where the run chose it. */
  why: string | undefined;
  checklist: readonly ChecklistItem[];
  /** Writes stay stopped by this run. */
  isStopped: boolean;
  /** Writes went on meanwhile, and why that was allowed, or who may have written. */
  weakening: string | undefined;
}): Result {
  const { manifest, saved, loss, wrong, faults, roles, seconds, time, why, checklist } = given;
  const back = `the state before is ${saved.manifestFile}, sha256:${saved.manifest.object.sha256}`;
  const fine = wrong.length + faults.length === 0;
  const ending = fine
    ? `every row of ${manifest.rows} is back`
    : wrong.length === 0
      ? `every row of ${manifest.rows} is back, but not as it must be: ${faults.slice(0, 3).join('; ')}`
      : `${wrong.length} tables are not as the backup held them: ${wrong.slice(0, 3).join('; ')}`;
  const stopped = given.isStopped ? `. New sessions are kept read-only; ${howToResume}` : '';
  const weaker = given.weakening === undefined ? '' : `. Weaker than standard: ${given.weakening}`;
  const summary = `${manifest.name} restored into the live database in ${seconds.toFixed(1)} s: ${ending}; ${back}; ${time.told}${because(why)}${weaker}${stopped}`;
  return {
    decision: fine ? 'restored' : 'failed',
    reasonCode: fine ? 'restored_live' : wrong.length > 0 ? 'rows_differ' : 'checks_failed',
    summary,
    failed: !fine,
    details: {
      target: 'live',
      checklist,
      loss,
      wrong,
      faults,
      roles,
      seconds: { restore: seconds },
      time: time.record,
      ...(why === undefined ? {} : { chosen: why }),
      savedBefore: saved.manifestFile,
    },
    outputs: { 'backup-manifest': saved.manifestFile },
    jobSummary: [
      '### Restore',
      escapeMarkdown(summary),
      ...renderChecklist(checklist),
      ...(loss.length === 0
        ? []
        : ['Lost or changed by going back:', loss.map((line) => `- ${escapeMarkdown(line)}`).join('\n')]),
      ...(roles.remarks.length === 0
        ? []
        : ['Roles to look at:', roles.remarks.map((line) => `- ${escapeMarkdown(line)}`).join('\n')]),
      '',
    ].join('\n\n'),
  };
}
