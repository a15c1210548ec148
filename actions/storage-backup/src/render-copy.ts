import { codeSpan, escapeMarkdown, table } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import { describeBytes } from '#backup/measure-stream';
import type { CopyState } from '#backup/objects/copy-objects';
import type { SealedDocument } from '#backup/sealed-document';
import { describeRemoved, type RecipientAnswer, whyNotCompared } from '#release/decide-recipients';

const shown = 20;

/** Decision, one line and the page of a copy; names of objects only where one failed, and in public repositories nowhere. Pure. */
export function renderCopy(
  { manifest, manifestFile }: SealedDocument,
  { objects, copied, gone, failed, buckets }: CopyState,
  answer: RecipientAnswer,
  { totalsOnly }: { totalsOnly: boolean },
): Result {
  const unread = 'unreadable' in answer ? `; it is in no record, and ${whyNotCompared(answer)}` : undefined;
  const change = 'unreadable' in answer ? { removed: [], unacknowledged: [] } : answer;
  const lost = totalsOnly ? [] : failed.slice(0, shown);
  const reasonCode =
    failed.length > 0
      ? 'objects_failed'
      : unread !== undefined
        ? 'ledger_unreadable'
        : change.unacknowledged.length > 0
          ? 'recipient_removed'
          : 'all_copied';
  const more = [
    ...(gone > 0 ? [`${gone} were removed meanwhile`] : []),
    ...(failed.length > 0
      ? [`${failed.length} could not be copied${lost[0] === undefined ? '' : `, e.g. ${lost[0]}`}`]
      : []),
  ];
  const summary = `${objects.length} objects in ${buckets.length} buckets: ${copied.objects} copied (${describeBytes(copied.bytes)}), ${objects.length - copied.objects} unchanged${more.map((one) => `; ${one}`).join('')}${unread ?? describeRemoved(change)}`;
  const rows = [
    ['catalogue', manifestFile],
    ['digest', `sha256:${manifest.object.sha256}`],
    ['stored in', manifest.destinations.join(', ')],
    ['can be opened by', manifest.recipients.join(', ')],
  ].map(([name = '', value = '']) => [name, codeSpan(value)]);
  return {
    decision: failed.length > 0 ? 'incomplete' : 'copied',
    reasonCode,
    summary,
    failed: reasonCode !== 'all_copied',
    details: {
      objects: objects.length,
      buckets: buckets.length,
      copied,
      gone,
      failed: totalsOnly ? failed.length : lost,
      complete: manifest.complete,
      destinations: manifest.destinations,
      recipients: manifest.recipients,
      removedRecipients: change.removed,
      unacknowledgedRecipients: change.unacknowledged,
      manifestFile,
    },
    outputs: {
      'backup-manifest': manifestFile,
      digest: `sha256:${manifest.object.sha256}`,
      'removed-recipients': change.removed.join(', '),
    },
    jobSummary: [
      '### Copy of the storage objects',
      escapeMarkdown(summary),
      table(['Fact', 'Value'], rows),
      ...lost.map((one) => escapeMarkdown(one)),
      '',
    ].join('\n\n'),
  };
}
