import { escapeMarkdown } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import { describeBytes } from '#backup/measure-stream';
import type { ObjectRestorePlan } from '#backup/objects/plan-object-restore';
import type { RestoredObjects } from '#backup/objects/restore-objects';
import { describeMoment } from '#supabase/judge-platform-restore';

const shown = 20;

/** How a restore of objects ended. Pure. */
export function renderRestore(given: {
  manifest: string;
  /** Unix seconds. */
  listedAt: number;
  complete: boolean;
  plan: ObjectRestorePlan;
  /** Undefined: everything was opened and thrown away. */
  target: string | undefined;
  ending: 'planned' | 'not-confirmed' | 'done';
  done?: RestoredObjects;
}): Result {
  const { manifest, plan, target, ending, done } = given;
  const failed = done?.failed ?? [];
  const left = [...plan.left.map(({ bucket, name }) => `${bucket}/${name}`), ...(done?.taken ?? [])];
  const of = `as of ${describeMoment(given.listedAt)} (${manifest}${given.complete ? '' : ', which is not complete'})`;
  const counts = `${plan.write.length} to write, ${plan.same.length} there already, ${left.length} there with other bytes${plan.newer.length > 0 ? `, ${plan.newer.length} of them newer` : ''}`;
  const facts = [
    ...(done === undefined ? [] : [`${done.objects} objects (${describeBytes(done.bytes)})`]),
    ...(plan.same.length > 0 ? [`${plan.same.length} were there already`] : []),
    ...(left.length > 0 ? [`${left.length} were there with other bytes and left alone, e.g. ${left[0]}`] : []),
    ...(plan.newer.length > 0 && left.length === 0 ? [`${plan.newer.length} newer ones were replaced`] : []),
    ...(failed.length > 0 ? [`${failed.length} failed, e.g. ${failed[0]}`] : []),
  ].join('; ');
  const place = target === undefined ? 'opened, compared and thrown away' : `put into ${target}`;
  const outcome =
    ending === 'planned'
      ? { decision: 'planned', reasonCode: 'dry_run', failed: false }
      : ending === 'not-confirmed'
        ? { decision: 'refused', reasonCode: 'not_confirmed', failed: true }
        : failed.length > 0
          ? { decision: 'failed', reasonCode: 'objects_failed', failed: true }
          : target === undefined
            ? { decision: 'rehearsed', reasonCode: 'all_opened', failed: false }
            : { decision: 'restored', reasonCode: left.length > 0 ? 'existing_left' : 'all_written', failed: false };
  const summary = {
    planned: `Objects ${of} in ${target}: ${counts}. Nothing was written: type the project's reference as confirm`,
    'not-confirmed': `confirm is not the reference of the project that would be written: ${counts}. Nothing was written`,
    done: `Objects ${of} ${place}: ${facts}`,
  }[ending];
  return {
    ...outcome,
    summary,
    warning: ending === 'done' && !outcome.failed && left.length > 0,
    details: {
      manifest,
      restored: done?.objects ?? 0,
      bytes: done?.bytes ?? 0,
      toWrite: plan.write.length,
      same: plan.same.length,
      left: left.slice(0, shown),
      newer: plan.newer.slice(0, shown),
      failed: failed.slice(0, shown),
    },
    jobSummary: [
      '### Storage objects',
      escapeMarkdown(summary),
      ...failed.slice(0, shown).map((one) => escapeMarkdown(one)),
      '',
    ].join('\n\n'),
  };
}
