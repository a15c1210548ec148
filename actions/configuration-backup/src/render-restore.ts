import { escapeMarkdown, table } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import { nameOf, type VariablesBack } from '#vercel/plan-variables-back';

export interface ToldRestore {
  project: string;
  manifest: string;
  plan: VariablesBack;
  ending: 'unknown' | 'nothing' | 'planned' | 'not-confirmed' | 'done';
  /** After `done`: names of variables that are not as the backup has them. */
  wrong?: string[];
}

/** How a restore ended, by names and never by values. Pure. */
export function renderRestore({ project, manifest, plan, ending, wrong = [] }: ToldRestore): Result {
  const changed = plan.change.map(({ to }) => nameOf(to));
  const created = plan.create.map(nameOf);
  const count = `${changed.length} to change, ${created.length} to create, ${plan.same.length} as they were`;
  const outcome = { ...endings[ending] };
  if (wrong.length > 0) Object.assign(outcome, { decision: 'failed', reasonCode: 'variable_differs', failed: true });
  const summary = {
    unknown: `${manifest} has no variable ${plan.unknown.join(', ')}. Nothing was changed`,
    nothing: `All variables of ${project} that ${manifest} has a value of are as they were; nothing was changed`,
    planned: `Variables of ${project} from ${manifest}: ${count}. Nothing was changed: type the project's name as confirm`,
    'not-confirmed': `confirm is not ${project}: ${count}. Nothing was changed`,
    done:
      wrong.length === 0
        ? `Variables of ${project} are as ${manifest} has them: ${changed.length} changed, ${created.length} created. Deployments keep the values that they were built with: deploy again`
        : `${wrong.length} of ${changed.length + created.length} variables of ${project} are not as ${manifest} has them: ${wrong.join(', ')}; run again, or change them in Vercel`,
  }[ending];
  const rows = [
    ...changed.map((name) => [name, 'changes']),
    ...created.map((name) => [name, 'is created']),
    ...plan.notCovered.map((name) => [name, 'no value in the backup: stays as it is']),
    ...plan.extra.map((name) => [name, 'not in the backup: stays']),
  ].map(([name = '', what = '']) => [escapeMarkdown(name), what]);
  return {
    ...outcome,
    summary,
    details: {
      project,
      manifest,
      change: changed,
      create: created,
      same: plan.same,
      notCovered: plan.notCovered,
      extra: plan.extra,
      wrong,
    },
    jobSummary: [
      `### Variables of ${escapeMarkdown(project)}`,
      escapeMarkdown(summary),
      ...(rows.length === 0 ? [] : [table(['Variable', 'Restore'], rows)]),
      '',
    ].join('\n\n'),
  };
}

const endings: Record<ToldRestore['ending'], Pick<Result, 'decision' | 'reasonCode' | 'failed'>> = {
  unknown: { decision: 'refused', reasonCode: 'unknown_variable', failed: true },
  nothing: { decision: 'restored', reasonCode: 'nothing_to_change', failed: false },
  planned: { decision: 'planned', reasonCode: 'dry_run', failed: false },
  'not-confirmed': { decision: 'refused', reasonCode: 'not_confirmed', failed: true },
  done: { decision: 'restored', reasonCode: 'values_back', failed: false },
};
