import { escapeMarkdown, table } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import type { DeployFunctionsOutcome } from '#supabase/deploy-outcome';
import type { EdgeFunction } from '#supabase/function-types';
import type { RestoreOutcome } from '#supabase/restore-functions';

/** The result of a deploy or a plan, with the state of all functions (EDG-07). Pure. */
export function describeDeploy(
  outcome: DeployFunctionsOutcome,
  live: readonly EdgeFunction[],
  /** Where the functions were not those of the checkout. */
  commit: string | undefined,
): Result {
  const { decision, reasonCode, message, plan, deployed, references, restore } = outcome;
  return {
    decision,
    reasonCode,
    summary: commit === undefined ? message : `Functions of commit ${commit.slice(0, 7)}: ${message}`,
    failed: decision === 'failed' || decision === 'refused',
    details: {
      plan: plan ?? null,
      ...(commit === undefined ? {} : { commit }),
      deployed,
      mixed: restore?.failed.map(({ slug }) => slug) ?? [],
      functions: live.map(shown),
    },
    outputs: { snapshot: references.join('\n') },
    jobSummary: renderState(live),
  };
}

/** The result of putting back. Pure. */
export function describeRestore(outcome: RestoreOutcome, live: readonly EdgeFunction[]): Result {
  const { restored, already, failed } = outcome;
  const mixed = failed.map(({ slug, message }) => `${slug} (${message})`).join(', ');
  return {
    decision: failed.length === 0 ? 'restored' : 'failed',
    reasonCode: failed.length === 0 ? 'functions_restored' : 'functions_mixed',
    summary:
      failed.length === 0
        ? `Edge functions are as they were: ${restored.length} put back, ${already.length} were there already`
        : `MIXED edge functions: not put back: ${mixed}. Run the same step again`,
    failed: failed.length > 0,
    details: { restored, already, mixed: failed.map(({ slug }) => slug), functions: live.map(shown) },
    outputs: {},
    jobSummary: renderState(live),
  };
}

function shown({ slug, name, version, status, verifyJwt }: EdgeFunction) {
  return { slug, name, version, status, verifyJwt: verifyJwt ?? null };
}

function renderState(live: readonly EdgeFunction[]): string {
  const rows = live.map(({ slug, version, status }) => [escapeMarkdown(slug), String(version), escapeMarkdown(status)]);
  return `### Edge functions\n\n${table(['function', 'version', 'status'], rows)}\n`;
}
