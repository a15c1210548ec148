import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import { toData } from '#local-runner/expressions';
import { parseReport } from '../actions/after-release/src/report.ts';
import { readWorkflows } from './workflows-model.ts';

/** S15: GitHub drops an output of a job that holds a masked value. What then reads nothing must refuse by name, not pass. */
type Need = { result: string; outputs: Record<string, string> };
const workflows = new Map(readWorkflows().map((workflow) => [workflow.file, workflow]));

/** What GitHub makes of an expression, by its own library; `needs` decide what the status functions say. */
function evaluate(expression: string, needs: Record<string, Need>, inputs: Record<string, string>) {
  const ended = Object.values(needs).map(({ result }) => result);
  const answers = {
    always: true,
    cancelled: false,
    failure: ended.includes('failure'),
    success: ended.every((result) => result === 'success'),
  };
  const functions = Object.entries(answers).map(([name, value]) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(value),
  }));
  const inner = expression.replace(/^\$\{\{([\s\S]*)\}\}$/, '$1');
  const tree = new Parser(new Lexer(inner).lex().tokens, ['needs', 'inputs'], functions).parse();
  const table = new Map(functions.map((one) => [one.name, one]));
  return new Evaluator(tree, toData({ needs, inputs }) as InstanceType<typeof data.Dictionary>, table).evaluate();
}

function jobOf(file: string, name: string) {
  const job = workflows.get(file)?.jobs[name];
  assert.ok(job?.if !== undefined, `${file}: ${name} has no condition`);
  return { ...job, if: job.if };
}

const runs = (file: string, name: string, needs: Record<string, Need>, inputs: Record<string, string> = {}): boolean =>
  evaluate(jobOf(file, name).if, needs, inputs).coerceString() === 'true';

describe('a release with an approval, whose stage', () => {
  const after = (decision: string): string[] => {
    const stage: Need = { result: 'success', outputs: decision === '' ? {} : { decision } };
    const inputs = { 'approval-environment': 'production-approval' };
    return ['unknown', 'approve', 'release'].filter((name) => {
      // What is skipped before it stops neither approve nor release: they ask for the decision themselves.
      const skipped: Need = { result: 'skipped', outputs: {} };
      return runs('deploy-production.yml', name, { stage, validate: skipped, approve: skipped }, inputs);
    });
  };

  test('says staged goes on', () => assert.deepEqual(after('staged'), ['approve', 'release']));

  test('has nothing to promote ends there', () => assert.deepEqual(after('planned'), []));

  test('did not hand on its decision is red, by name, and neither approved nor promoted', () => {
    assert.deepEqual(after(''), ['unknown']);
    const [step] = jobOf('deploy-production.yml', 'unknown').steps ?? [];
    assert.match(
      step?.run ?? '',
      /::error::The output decision of the job stage did not arrive[^\n]*masked value[\s\S]*exit 1/,
    );
  });
});

describe('migrations with an approval, whose plan', () => {
  const after = (outputs: Record<string, string>, approve: string, environment = 'migrations'): string[] => {
    const plan: Need = { result: 'success', outputs };
    const inputs = { 'approval-environment': environment };
    return ['unknown', 'approve', 'apply'].filter((name) =>
      runs(
        'migrate.yml',
        name,
        { plan, ...(name === 'apply' ? { approve: { result: approve, outputs: {} } } : {}) },
        inputs,
      ),
    );
  };
  const planned = { decision: 'planned', approval: 'abc 1' };

  test('waits for an answer applies after it, and only then', () => {
    assert.deepEqual(after(planned, 'success'), ['approve', 'apply']);
    assert.deepEqual(after(planned, 'failure'), ['approve']);
    assert.deepEqual(after(planned, 'skipped'), ['approve']);
  });

  test('has nothing due asks nobody and applies nothing', () =>
    assert.deepEqual(after({ decision: 'nothing-pending' }, 'skipped'), []));

  test('did not hand on what is to be approved is red, by name, and nothing is applied', () => {
    assert.deepEqual(after({}, 'skipped'), ['unknown']);
    assert.deepEqual(after({ decision: 'planned' }, 'skipped'), ['unknown']);
  });

  test('needs no approval goes on at once', () =>
    assert.deepEqual(after({ decision: 'planned' }, 'skipped', ''), ['apply']));
});

describe('a rollback by hand that did not hand on its decision', () => {
  const after = (result: string, outputs: Record<string, string> = {}): string | undefined => {
    const needs = { rollback: { result, outputs } };
    if (!runs('rollback.yml', 'incident', needs, { 'dry-run': '' })) return undefined;
    const told = jobOf('rollback.yml', 'incident').steps?.[0]?.with?.['release-decision'];
    return evaluate(String(told), needs, {}).coerceString();
  };

  test('is told as its job ended: people are called for what moved domains and for what broke', () => {
    assert.equal(after('success'), 'rolled-back');
    assert.equal(after('failure'), 'failed');
    assert.equal(after('cancelled'), '');
  });

  test('with one is told as it says', () => {
    assert.equal(after('success', { decision: 'already-current' }), undefined);
    assert.equal(after('success', { decision: 'rolled-back' }), 'rolled-back');
    assert.equal(after('failure', { decision: 'refused' }), 'refused');
  });
});

test('a release that did not hand on its decision is told from the ledger', () => {
  const needs = { release: { result: 'failure', outputs: {} } };
  assert.equal(runs('deploy-production.yml', 'incident', needs), true);
  const given = jobOf('deploy-production.yml', 'incident').steps?.[0]?.with?.['release-decision'];
  assert.equal(evaluate(String(given), needs, {}).coerceString(), '');
});

test('the sign-off of a release whose report was dropped runs, and refuses by name', () => {
  const runsAfter = (outputs: Record<string, string>) =>
    runs('watch.yml', 'sign-off', { watch: { result: 'success', outputs } });
  assert.deepEqual([runsAfter({ 'after-release-open': 'true' }), runsAfter({})], [true, false]);
  assert.throws(() => parseReport(undefined), /GitHub drops an output that contains a masked value/);
});
