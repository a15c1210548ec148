import { isAbsolute, join } from 'node:path';
import { gitHubConnection } from '#action-kit/connections';
import { InputError, readInputs } from '#action-kit/inputs';
import { isPublic } from '#action-kit/public-repository';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { createGitHub, type GitHub } from '#github/client';
import { fileIssue } from '#incident/file-issue';
import { forwardFixLabel, forwardFixMarker, renderForwardFix } from '#incident/render-forward-fix';
import { readMigrations } from '#postgres/read-migrations';
import { listForwardFixes, openAmong, openForwardFix, withdrawCommand } from '#release/forward-fix-record';
import { defaultFolder } from '#release/inspect-database';
import { readMigrationRecords, readNewestMigration } from '#release/migration-record';
import { decideForwardFix, isForwardOnly, planForwardFix } from '#release/plan-forward-fix';
import { readCheckout } from '#release/read-checkout';
import { failingStatement } from './failing-statement.ts';
import { inputs } from './inputs.ts';
import { makeBranch } from './make-branch.ts';

/** Prepares the migration that mends what cannot be taken back: the block first, then branch and issue, each found again by the next run. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const { githubToken, environment } = given;
  if (githubToken === undefined)
    throw new InputError([{ name: 'github-token', message: 'is required and was not given' }]);
  const { database, production } = await loadSettings(runner, given);
  if (!isForwardOnly(database.rollbackPolicy)) {
    const policy = 'rollback.database.policy of this environment is not forward-only';
    return notNeeded('rollback_allowed', `${policy}: migrations have another way back, see docs/how-to/migrations.md`);
  }
  const { context } = runner;
  const github = createGitHub(gitHubConnection(runner, githubToken));
  const toMend = decideForwardFix(await readNewestMigration(github, environment));
  if ('reasonCode' in toMend) return notNeeded(toMend.reasonCode, `Nothing to fix forward: ${toMend.message}`);
  const folder = database.migrations ?? defaultFolder;
  const directory = isAbsolute(folder) ? folder : join(context.workspace, folder);
  const { files } = await readMigrations(directory);
  const fixes = await listForwardFixes(github, environment);
  // A fix that fails itself is corrected where it is.
  const known = openAmong(fixes).find(({ mends, version }) => mends === toMend.mends || version === toMend.mends);
  const planned =
    known ??
    planForwardFix(toMend, {
      environment,
      folder,
      versions: files.map(({ version }) => version),
      used: [...fixes.map(({ version }) => version), ...(await usedVersions(github, environment))],
      now: github.serverTime(),
    });
  if (planned === undefined) {
    const summary = `${toMend.what}; ${folder} has no file <digits>_name.sql, or its numbers are used up, so the next one has no number: write the repair with your tool`;
    return { decision: 'failed', reasonCode: 'no_numbers', summary, failed: true };
  }
  const fix = known ?? (await openForwardFix(github, { environment, production, ref: context.sha }, planned));
  const { commit } = await readCheckout(context);
  const branch = await makeBranch(github, fix, { commit, workspace: context.workspace });
  const { mends, path } = fix;
  const { file, failed } = toMend;
  const issue = await fileIssue(github, {
    marker: forwardFixMarker({ environment, mends }),
    label: forwardFixLabel,
    state: 'open',
    ...renderForwardFix({
      environment,
      mends,
      what: toMend.what,
      ...(file === undefined || failed === undefined ? {} : { failed: { ...failed, file: file.file } }),
      statement: isPublic(context.event) ? undefined : await failingStatement(files, file, failed),
      path,
      branch: fix.branch,
      noBranch: branch.problem,
      withdraw: withdrawCommand(context.repository, fix.id),
      runUrl: context.runUrl,
    }),
  });
  const told = `${toMend.what}. Issue #${issue.number}; releases to ${environment} are refused until ${path} is applied`;
  const details = { path, branch: fix.branch, issue: { number: issue.number, url: issue.url } };
  if (branch.problem !== undefined) {
    const summary = `${told}. The branch ${fix.branch} could not be made: ${branch.problem}`;
    return { decision: 'failed', reasonCode: 'no_branch', summary, failed: true, details };
  }
  const decision = issue.created || branch.created ? 'opened' : 'updated';
  const summary = `${told}. Branch ${fix.branch} ${branch.created ? 'has it, empty' : 'was there already'}`;
  return { decision, reasonCode: decision, summary, failed: false, details };
}

/** Numbers that runs of migrations have taken, also of commits that this one does not hold. */
async function usedVersions(github: GitHub, environment: string): Promise<string[]> {
  const records = await readMigrationRecords(github, environment);
  return records.flatMap(({ files, held }) => [...files, ...held].map(({ version }) => version));
}

function notNeeded(reasonCode: string, summary: string): Result {
  return { decision: 'not-needed', reasonCode, summary, failed: false };
}
