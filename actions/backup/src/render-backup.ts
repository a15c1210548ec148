import { codeSpan, escapeMarkdown, table } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import type { BackupResult } from '#backup/create-backup';
import { isSufficient } from '#backup/manifest';
import { describeBytes } from '#backup/measure-stream';
import { describeRemoved, type RecipientAnswer, whyNotCompared } from '#release/decide-recipients';

/**
 * Decision, one line and the page of a backup. It is kept as it is where a key was taken away that nobody acknowledged, and the
 * step is red until somebody does, or where nobody could look whether one was (S27). Pure.
 */
export function renderBackup({ manifest, manifestFile }: BackupResult, answer: RecipientAnswer): Result {
  const { verification, object, seconds } = manifest;
  const proven = isSufficient(verification);
  const unread = 'unreadable' in answer ? `; it is in no record, and ${whyNotCompared(answer)}` : undefined;
  const change = 'unreadable' in answer ? { removed: [], unacknowledged: [] } : answer;
  const { removed, unacknowledged } = change;
  const fine = proven && unread === undefined && unacknowledged.length === 0;
  const summary = `Backup ${object.file} ${verification.verdict}: ${verification.message} (${describeBytes(object.bytes)}, ${seconds.total.toFixed(1)} s)${unread ?? describeRemoved(change)}`;
  const expires =
    manifest.expiresAt === undefined
      ? []
      : [['kept until', new Date(manifest.expiresAt * 1000).toISOString().slice(0, 10)]];
  const facts: [string, string][] = [
    ['object', object.file],
    ['digest', `sha256:${object.sha256}`],
    ['stored in', manifest.destinations.join(', ')],
    ['can be opened by', manifest.recipients.join(', ')],
    ['relations, rows', `${manifest.relations}, ${manifest.rows}`],
    ['size', `${describeBytes(object.bytes)} stored, ${describeBytes(manifest.plainBytes)} dumped`],
    [
      'seconds',
      `dump ${seconds.dump.toFixed(1)}, restore ${seconds.restore.toFixed(1)}, compare ${seconds.compare.toFixed(1)}, total ${seconds.total.toFixed(1)}`,
    ],
    ...(expires as [string, string][]),
  ];
  const missing = [...(manifest.notCovered ?? []), ...manifest.notInBackup];
  return {
    decision: verification.verdict,
    reasonCode:
      !proven || fine ? verification.reasonCode : unread === undefined ? 'recipient_removed' : 'ledger_unreadable',
    summary,
    failed: !fine,
    warning: fine && verification.verdict !== 'verified',
    details: {
      object,
      verification,
      rows: manifest.rows,
      relations: manifest.relations,
      destinations: manifest.destinations,
      recipients: manifest.recipients,
      removedRecipients: removed,
      unacknowledgedRecipients: unacknowledged,
      notCovered: missing,
      seconds,
      manifestFile,
    },
    outputs: {
      'backup-manifest': manifestFile,
      digest: `sha256:${object.sha256}`,
      'removed-recipients': removed.join(', '),
    },
    jobSummary: [
      '### Backup',
      escapeMarkdown(summary),
      table(
        ['Fact', 'Value'],
        facts.map(([name, value]) => [name, codeSpan(value)]),
      ),
      `Not in it: ${missing.map(escapeMarkdown).join('; ')}.`,
      `By hand: ${codeSpan(manifest.restoreCommand)}`,
      '',
    ].join('\n\n'),
  };
}
