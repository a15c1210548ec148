import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { destinationInputs } from '#action-kit/backup-destinations';
import {
  permissionReasons,
  readAction,
  readWorkflows,
  root,
  type Step,
  secretsOf,
  type WorkflowModel,
} from './workflows-model.ts';

const workflows = readWorkflows();
const published = workflows.filter(({ isPublic }) => isPublic);
const jobsOf = (workflow: WorkflowModel) => Object.entries(workflow.jobs);
const productionSecrets = ['VERCEL_TOKEN', 'DATABASE_URL', 'VERCEL_AUTOMATION_BYPASS_SECRET'];

/** What a job that holds production secrets may use from elsewhere (S12). */
const besideSecrets = new Set(['actions/checkout', 'actions/upload-artifact', 'actions/download-artifact']);

for (const workflow of workflows) {
  describe(workflow.file, () => {
    test('says in its first line whether others may call it, and only then can be called', () => {
      assert.match(workflow.text, /^# (PUBLIC|OWN): \S/);
      assert.equal(/^ {2}workflow_call:/m.test(workflow.text), workflow.isPublic);
    });

    test('grants nothing at the top, and each permission of a job has its reason behind it', () => {
      assert.deepEqual(workflow.permissions, {});
      for (const [job, reasons] of permissionReasons(workflow)) {
        assert.ok(workflow.jobs[job]?.permissions !== undefined, `${job} declares no permissions`);
        for (const [permission, reason] of reasons)
          assert.ok(reason.length >= 10, `${job}: ${permission} has no reason`);
      }
    });

    test('uses siblings by $/ and everything else by a full commit SHA with its version', () => {
      for (const line of workflow.text.split('\n').filter((text) => /^\s*(- )?uses:/.test(text))) {
        assert.match(line, /uses: (\$\/[\w./-]+$|[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$)/);
        const own = /uses: \$\/(.+)$/.exec(line)?.[1];
        if (own === undefined) continue;
        const target = own.endsWith('.yml') ? own : `${own}/action.yml`;
        assert.ok(existsSync(join(root, target)), `${target} does not exist`);
      }
    });

    test('checks out without leaving credentials behind', () => {
      for (const [job, { steps = [] }] of jobsOf(workflow)) {
        for (const step of steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'))) {
          assert.equal(step.with?.['persist-credentials'], false, job);
        }
      }
    });

    test('never puts an expression into a script', () => {
      for (const [job, { steps = [] }] of jobsOf(workflow)) {
        for (const { run } of steps) assert.doesNotMatch(run ?? '', /\$\{\{/, job);
      }
    });

    test('gives every job a limit in minutes', () => {
      for (const [job, { uses, 'timeout-minutes': limit }] of jobsOf(workflow)) {
        if (uses === undefined) assert.ok(limit !== undefined, job);
      }
    });
  });
}

for (const workflow of published) {
  describe(`${workflow.file}, jobs split by secret (S12)`, () => {
    test('a job with production secrets writes neither issues nor contents, mints no token, uses nothing foreign', () => {
      for (const [name, job] of jobsOf(workflow)) {
        if (!secretsOf(job).some((secret) => productionSecrets.includes(secret))) continue;
        for (const permission of ['issues', 'id-token', 'packages', 'pull-requests', 'actions']) {
          assert.notEqual(job.permissions?.[permission], 'write', `${name}: ${permission}`);
        }
        assert.notEqual(job.permissions?.contents, 'write', name);
        for (const { uses, run } of job.steps ?? []) {
          if (run !== undefined) continue;
          assert.ok(uses !== undefined, name);
          assert.ok(uses.startsWith('$/') || besideSecrets.has(uses.split('@')[0] ?? ''), `${name}: ${uses}`);
        }
      }
    });

    test('beside secrets only setup-commands is a script: before the first secret, without the files of later steps', () => {
      for (const [name, { steps = [], ...job }] of jobsOf(workflow)) {
        if (!secretsOf({ ...job, steps }).some((secret) => productionSecrets.includes(secret))) continue;
        assert.deepEqual(secretsOf(job), [], `${name}: a secret of the whole job would be there for every step`);
        const first = steps.findIndex((step) => secretsOf({ steps: [step] }).length > 0);
        for (const [index, { run, name: step, env }] of steps.entries()) {
          if (run === undefined) continue;
          assert.equal(step, 'Run the commands of setup-commands, without a secret');
          assert.ok(index < first, `${name}: ${step} runs after a secret was given`);
          assert.deepEqual(env, { COMMANDS: `\${{ inputs.setup-commands }}` });
          assert.match(run, /^env -u GITHUB_ENV -u GITHUB_PATH /);
        }
        const setup = steps.findIndex(({ uses }) => uses === '$/actions/setup-postgres');
        assert.ok(setup < first, `${name}: something is installed after a secret was given (S32)`);
      }
    });

    test('where setup-commands are an input, every job with a smoke command runs them first; no way back ends with them', () => {
      if (!('setup-commands' in (workflow.call.inputs ?? {}))) return;
      for (const [name, { steps = [] }] of jobsOf(workflow)) {
        const tested = steps.findIndex(({ uses }) => uses === '$/deploy' || uses === '$/rollback');
        if (tested === -1) continue;
        const setup = steps.slice(0, tested).find(({ run }) => run?.includes('"$COMMANDS"'));
        assert.equal(setup?.name, 'Run the commands of setup-commands, without a secret', name);
        const begins = steps[tested]?.uses === '$/deploy' && steps[tested]?.with?.answer === undefined;
        assert.equal(setup?.['continue-on-error'], begins ? undefined : true, name);
      }
    });

    test('a question to people is one group of its own run, which ends it when it is over', () => {
      const { ask, answer, withdraw } = workflow.jobs;
      if (ask === undefined) return;
      const group = `ops-ask-\${{ github.run_id }}`;
      assert.deepEqual(ask.concurrency, { group });
      assert.deepEqual(withdraw?.concurrency, { group, 'cancel-in-progress': true });
      assert.match(withdraw?.if ?? '', /always\(\) && needs\.release\.outputs\.decision == 'asked'/);
      assert.deepEqual(withdraw?.needs, ['release', 'answer']);
      // Whoever acts does not wait for the job that waits: its answer is read.
      assert.equal(answer?.needs, 'release');
      const waiting = answer?.steps?.find(({ uses }) => uses === '$/deploy')?.with;
      assert.deepEqual([waiting?.answer, waiting?.resume], [true, undefined], 'it must not begin a release');
      assert.match(JSON.stringify(ask.environment), /inputs\.rollback-environment/);
      for (const job of [ask, withdraw]) assert.deepEqual(job?.permissions, {});
    });

    test("the consumer's commands, the approval and the incident see no secret", () => {
      for (const name of ['validate', 'approve', 'ask', 'withdraw', 'incident', 'escalation']) {
        const job = workflow.jobs[name];
        if (job === undefined) continue;
        assert.deepEqual(secretsOf(job), [], name);
        const isApproval = name === 'approve';
        assert.equal(JSON.stringify(job.environment ?? '').includes('approval-environment'), isApproval);
      }
      if (workflow.jobs.approve !== undefined) assert.deepEqual(workflow.jobs.approve.permissions, {});
    });

    test('all secrets are optional and used, all inputs are used, and nothing undeclared is read', () => {
      const body = workflow.text.slice(workflow.text.indexOf('\njobs:'));
      const { inputs = {}, secrets = {} } = workflow.call;
      const used = (kind: string) =>
        new Set([...body.matchAll(new RegExp(`\\b${kind}\\.([\\w-]+)`, 'g'))].map((match) => match[1]));
      assert.deepEqual(used('inputs'), new Set(Object.keys(inputs)));
      assert.deepEqual(used('secrets'), new Set(Object.keys(secrets)));
      for (const [name, { required }] of Object.entries(secrets)) assert.equal(required, false, name);
    });

    test('a rollback has a concurrency group of its own and no run is dropped from a queue (S1)', () => {
      const groups = jobsOf(workflow).flatMap(([name, { concurrency }]) =>
        concurrency === undefined ? [] : [{ name, ...concurrency }],
      );
      for (const { name, group, queue, 'cancel-in-progress': cancels } of groups) {
        if (name === 'ask' || name === 'withdraw') continue;
        // What was restored is watched outside of the group that the next rollback waits for, and so are people.
        const suffix =
          workflow.file !== 'rollback.yml'
            ? name === 'answer'
              ? '-answer'
              : workflow.file === 'watch.yml'
                ? '-watch'
                : ''
            : name === 'watch'
              ? '-rollback-watch'
              : '-rollback';
        assert.equal(group, `ops-\${{ inputs.project || github.repository }}-\${{ inputs.environment }}${suffix}`);
        assert.equal(queue, 'max');
        assert.equal(cancels, undefined);
      }
      for (const [name, job] of jobsOf(workflow)) {
        if (secretsOf(job).includes('VERCEL_TOKEN')) assert.ok(job.concurrency !== undefined, `${name} has no group`);
      }
    });
  });
}

test('the restore point of a rollback can be stored wherever that of a release is', () => {
  const givenTo = (steps: Step[] = [], uses: string) =>
    Object.keys(steps.find((step) => step.uses === uses)?.with ?? {})
      .filter((name) => name in destinationInputs)
      .toSorted();
  const migrate = '$/actions/migrate-with-backup';
  const ofRelease = givenTo(readAction('deploy').runs.steps, migrate);
  assert.ok(ofRelease.includes('supabase-storage-key'));
  assert.deepEqual(givenTo(readAction('rollback').runs.steps, migrate), ofRelease);
  const { database } = workflows.find(({ file }) => file === 'rollback.yml')?.jobs ?? {};
  assert.deepEqual(givenTo(database?.steps, '$/rollback'), ofRelease);
});

describe('references to steps and jobs, which no other tool checks', () => {
  const outputsOf = (uses: string): string[] | undefined =>
    uses.startsWith('$/') ? Object.keys(readAction(uses.slice(2)).outputs ?? {}) : undefined;

  /** Every steps.<id>.outputs.<name> must name an earlier step with that output. */
  function problemsOf(where: string, steps: Step[], rest: unknown): string[] {
    const known = new Map<string, string[] | undefined>();
    const problems: string[] = [];
    const check = (text: string, place: string): void => {
      for (const [, id = '', output] of text.matchAll(/steps\.([\w-]+)\.(?:outputs\.([\w-]+)|outcome|conclusion)/g)) {
        if (!known.has(id)) problems.push(`${where}: ${place} names the step ${id}, which is not before it`);
        const outputs = known.get(id);
        if (output !== undefined && outputs !== undefined && !outputs.includes(output)) {
          problems.push(`${where}: ${place} reads output ${output}, which step ${id} does not have`);
        }
      }
    };
    for (const step of steps) {
      check(JSON.stringify(step), `step ${step.id ?? step.name}`);
      if (step.id !== undefined) known.set(step.id, step.uses === undefined ? undefined : outputsOf(step.uses));
    }
    check(JSON.stringify(rest), 'outputs');
    return problems;
  }

  for (const path of ['.', 'deploy', 'rollback'].filter((folder) => existsSync(join(root, folder, 'action.yml')))) {
    test(`${path}/action.yml`, () => {
      const { runs, outputs } = readAction(path);
      assert.deepEqual(problemsOf(path, runs.steps ?? [], outputs ?? {}), []);
      for (const step of runs.steps ?? []) {
        assert.doesNotMatch(JSON.stringify(step), /fromJSON|\[/i, 'an expression that can throw ends a composite');
      }
    });
  }

  for (const workflow of workflows) {
    test(workflow.file, () => {
      for (const [name, job] of jobsOf(workflow)) {
        assert.deepEqual(problemsOf(`${workflow.file} ${name}`, job.steps ?? [], job.outputs ?? {}), []);
        const needs = [job.needs ?? []].flat();
        for (const [, needed = '', output] of JSON.stringify(job).matchAll(
          /needs\.([\w-]+)\.(?:outputs\.([\w-]+)|result)/g,
        )) {
          assert.ok(needs.includes(needed), `${name} reads ${needed}, which it does not need`);
          const outputs = Object.keys(workflow.jobs[needed]?.outputs ?? {});
          if (output !== undefined) assert.ok(outputs.includes(output), `${name}: ${needed} has no output ${output}`);
        }
      }
      for (const { value } of Object.values(workflow.call.outputs ?? {})) {
        for (const [, job = '', output = ''] of value.matchAll(/jobs\.([\w-]+)\.outputs\.([\w-]+)/g)) {
          assert.ok(output in (workflow.jobs[job]?.outputs ?? {}), `${job} has no output ${output}`);
        }
      }
    });
  }
});
