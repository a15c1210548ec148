import { InputError, readInputs } from '#action-kit/inputs';
import { escapeMarkdown } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { type Check, CheckError, resolveCheck } from '#probe/check';
import { runHealthGate } from '#probe/health-gate';
import { commandOn } from '#release/command-line';
import { elapsed } from '#release/elapsed';
import { guide } from './guide.ts';
import { inputs } from './inputs.ts';

const standardPath = '/api/health';
/** One answer may come from a server that is on its way out. */
const answersInARow = 2;

/** Guides a rollback that no API can do, and waits for its effect, not for a confirmation (FRB-09). */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const settings = await loadSettings(runner, given);
  const { clock, signal, logger } = runner;
  const { target, versionPath, deadline, interval } = given;
  const check = checkOf(given.url ?? standardPath, settings.url, { [versionPath]: target });
  const url = `${check.url.origin}${check.url.pathname}`;
  const { environment } = settings;
  const lines = guide({ environment, target, url, steps: given.steps });
  for (const line of lines) logger.info(line);
  logger.notice(`A person has to restore ${target} on ${environment}; the log says how`);
  // Only what the workflow file names may be private (S20).
  const named = given.url !== undefined && /^https?:\/\//i.test(given.url) ? [check.url.host] : [];
  const report = await runHealthGate({
    checks: [check],
    context: { listedHosts: new Set(named), signal, clock },
    consecutive: answersInARow,
    intervalMs: interval,
    deadlineMs: deadline,
    log: logger.info,
  });
  const took = elapsed(report.durationMs);
  const jobSummary = ['## Restored by hand', '', ...lines.map((line) => escapeMarkdown(line))].join('\n');
  if (report.decision === 'pass') {
    const summary = `${environment} shows ${target} at ${url}, ${took} after it was asked for.`;
    return { decision: 'restored', reasonCode: 'restored', summary, failed: false, jobSummary };
  }
  const revert = commandOn(settings, 'revert');
  const summary = `${environment} does not show ${target} at ${url} after ${took}: ${report.summary}. Next: restore it all the same, or take the release back in the code: ${revert}`;
  return { decision: 'not-restored', reasonCode: 'not_restored_in_time', summary, failed: true, jobSummary };
}

function checkOf(path: string, baseUrl: string | undefined, json: Record<string, string>): Check {
  try {
    return resolveCheck({ path, json }, baseUrl === undefined ? {} : { baseUrl });
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    throw new InputError([{ name: 'url', given: path, message: error.message, allowed: 'https://host/path' }]);
  }
}
