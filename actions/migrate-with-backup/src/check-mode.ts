import type { InputProblem } from '#action-kit/input-error';
import type { Given } from './plan-options.ts';

/** What the modes need of each other's inputs; what is typed has to name the database that is meant. */
export function checkMode(given: Given, database: string | undefined, problems: InputProblem[]): void {
  const { mode, command } = given;
  const ofPlans = {
    replay: given.replay === true,
    comment: given.comment,
    'comment-name': given.commentName,
    'plan-file': given.planFile,
  };
  for (const [name, value] of Object.entries(ofPlans)) {
    if (mode !== 'plan' && value !== undefined && value !== false)
      problems.push({ name, message: 'belongs to mode: plan', allowed: 'mode: plan' });
  }
  if (command !== undefined && (mode === 'rollback' || mode === 'baseline' || given.toVersion !== undefined)) {
    problems.push({
      name: 'command',
      given: command,
      message: 'runs as it is, without to-version',
      allowed: 'mode apply or plan',
    });
  }
  if (command !== undefined && given.onFailure === 'rollback-sql') {
    const message = 'needs the files of migrations-dir, and command is another tool that keeps its own';
    problems.push({ name: 'on-failure', given: given.onFailure, message, allowed: 'stop' });
  }
  if (given.calledBy !== undefined && mode !== 'rollback')
    problems.push({
      name: 'called-by',
      given: given.calledBy,
      message: 'belongs to mode: rollback',
      allowed: 'nothing',
    });
  if (given.onlyVersions !== undefined && mode !== 'rollback')
    problems.push({ name: 'only-versions', message: 'belongs to mode: rollback', allowed: 'mode: rollback' });
  checkApproval(given, problems);
  if (mode !== 'rollback' && mode !== 'baseline') return;
  if (given.toVersion === undefined) {
    problems.push({
      name: 'to-version',
      message: `is needed by mode: ${mode}`,
      allowed: 'the version that is the newest one afterwards',
    });
  }
  const expected = given.environment ?? database;
  if (expected !== undefined && given.confirm !== expected) {
    const what = given.environment === undefined ? 'the name of the database' : 'the name of the environment';
    problems.push({
      name: 'confirm',
      ...(given.confirm === undefined ? {} : { given: given.confirm }),
      message: `has to repeat ${what} for mode: ${mode}`,
      allowed: expected,
    });
  }
}

function checkApproval({ mode, approvalEnvironment, approved }: Given, problems: InputProblem[]): void {
  if (approvalEnvironment !== undefined && mode !== 'apply' && mode !== 'plan') {
    const message = 'is for going forward: what a person approves has to be known beforehand';
    problems.push({ name: 'approval-environment', given: approvalEnvironment, message, allowed: 'mode plan or apply' });
  }
  if (approved !== undefined && (approvalEnvironment === undefined || mode !== 'apply')) {
    const message = 'proves nothing alone: the environment whose reviewers approved is asked';
    problems.push({ name: 'approved', message, allowed: 'with approval-environment, in mode apply' });
  }
}
