import { codeSpan, escapeMarkdown, table } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import { describeBytes } from '#backup/measure-stream';
import type { SealedDocument } from '#backup/sealed-document';
import { type ConfigurationSnapshot, countsOf, notCoveredBy } from '#release/configuration-snapshot';
import { describeRemoved, type RecipientAnswer, whyNotCompared } from '#release/decide-recipients';

/** Decision, one line and the page of a backup: names and counts, never values; in public repositories counts only. Pure. */
export function renderBackup(
  { manifest, manifestFile }: SealedDocument,
  snapshot: ConfigurationSnapshot,
  answer: RecipientAnswer,
  { totalsOnly }: { totalsOnly: boolean },
): Result {
  const { object, verification } = manifest;
  const unread = 'unreadable' in answer ? `; it is in no record, and ${whyNotCompared(answer)}` : undefined;
  const change = 'unreadable' in answer ? { removed: [], unacknowledged: [] } : answer;
  const fine = unread === undefined && change.unacknowledged.length === 0;
  const missing = notCoveredBy(snapshot);
  const counts = Object.entries(countsOf(snapshot)).map(([what, count]) => `${count} ${words[what] ?? what}`);
  const notCovered = missing.length === 0 ? '' : `; not in it: ${missing.length} values that the platforms do not give`;
  const summary = `Configuration ${object.file} verified: ${counts.join(', ')} (${describeBytes(object.bytes)})${notCovered}${unread ?? describeRemoved(change)}`;
  return {
    decision: verification.verdict,
    reasonCode: fine ? verification.reasonCode : unread === undefined ? 'recipient_removed' : 'ledger_unreadable',
    summary,
    failed: !fine,
    details: {
      object,
      verification,
      counts: manifest.counts,
      destinations: manifest.destinations,
      recipients: manifest.recipients,
      removedRecipients: change.removed,
      unacknowledgedRecipients: change.unacknowledged,
      ...(totalsOnly ? {} : { notCovered: missing }),
      manifestFile,
    },
    outputs: {
      'backup-manifest': manifestFile,
      digest: `sha256:${object.sha256}`,
      'removed-recipients': change.removed.join(', '),
    },
    jobSummary: [
      '### Backup of the configuration',
      escapeMarkdown(summary),
      table(
        ['Fact', 'Value'],
        [
          ['object', codeSpan(object.file)],
          ['digest', codeSpan(`sha256:${object.sha256}`)],
          ['stored in', codeSpan(manifest.destinations.join(', '))],
          ['can be opened by', codeSpan(manifest.recipients.join(', '))],
        ],
      ),
      ...(totalsOnly || missing.length === 0
        ? []
        : [`Not in it: ${missing.map((one) => escapeMarkdown(one)).join('; ')}.`]),
      `By hand: ${codeSpan(manifest.readCommand)}`,
      '',
    ].join('\n\n'),
  };
}

const words: Readonly<Record<string, string>> = {
  variables: 'variables of Vercel',
  variablesWithoutValue: 'of them without a value',
  secretNames: 'names of Supabase secrets',
  functions: 'edge functions',
};
