import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { destinationInputs } from '#action-kit/backup-destinations';
import { databaseInputs } from '#action-kit/database-target';
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
const productionSecrets = ['VERCEL_TOKEN', 'DATABASE_URL', 'SUPABASE_DB_PASSWORD', 'VERCEL_AUTOMATION_BYPASS_SECRET'];

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

    test('what a release leaves as an artifact is taken away neither by another project of the run nor by a second attempt', () => {
      for (const [name, job] of jobsOf(workflow)) {
        const uploads = (job.steps ?? []).filter(({ uses }) => uses?.startsWith('actions/upload-artifact@'));
        if (!job.steps?.some(({ uses }) => uses === '$/deploy')) continue;
        for (const { with: given = {} } of uploads) {
          assert.match(String(given.name), /\$\{\{ steps\.deploy\.outputs\.deployment-id \}\}/, name);
          assert.match(String(given.name), /\$\{\{ github\.run_attempt \}\}/, name);
          assert.equal(given.overwrite, undefined, name);
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

    test('setup-commands: a release runs them before its first secret, a way back moves the domains before them (S1)', () => {
      if (!('setup-commands' in (workflow.call.inputs ?? {}))) return;
      for (const [name, { steps = [] }] of jobsOf(workflow)) {
        const tested = steps.findIndex(({ uses }) => uses === '$/deploy' || uses === '$/rollback');
        if (tested === -1) continue;
        const given = steps[tested]?.with ?? {};
        const begins = steps[tested]?.uses === '$/deploy' && given.answer === undefined;
        const script = steps.find(({ run }) => run?.includes('"$COMMANDS"'));
        assert.equal(script?.name, begins ? 'Run the commands of setup-commands, without a secret' : undefined, name);
        assert.equal(given['setup-commands'], begins ? undefined : `\${{ inputs.setup-commands }}`, name);
        assert.equal(given['setup-directory'], begins ? undefined : `\${{ inputs.working-directory }}`, name);
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
          workflow.file !== 'rollback.yml' && workflow.file !== 'restore.yml'
            ? name === 'answer'
              ? '-answer'
              : workflow.file === 'watch.yml'
                ? name === 'sign-off'
                  ? '-sign-off'
                  : '-watch'
                : workflow.file === 'alerts.yml'
                  ? '-alerts'
                  : workflow.file === 'backup.yml'
                    ? name === 'configuration'
                      ? '-configuration'
                      : '-rebuild'
                    : workflow.file === 'database-doctor.yml'
                      ? '-pool'
                      : ''
            : name === 'watch'
              ? '-rollback-watch'
              : '-rollback';
        // A pooler belongs to no project of Vercel.
        const of = suffix === '-pool' ? 'github.repository' : 'inputs.project || github.repository';
        assert.equal(group, `ops-\${{ ${of} }}-\${{ inputs.environment }}${suffix}`);
        assert.equal(queue, 'max');
        assert.equal(cancels, undefined);
      }
      for (const [name, job] of jobsOf(workflow)) {
        if (secretsOf(job).includes('VERCEL_TOKEN')) assert.ok(job.concurrency !== undefined, `${name} has no group`);
      }
    });
  });
}

test('people who approve a migration read what it would do: whatever changes the job that applies reaches the plan', () => {
  const { plan, apply } = workflows.find(({ file }) => file === 'migrate.yml')?.jobs ?? {};
  const given = (job: typeof plan) =>
    job?.steps?.find(({ uses }) => uses === '$/actions/migrate-with-backup')?.with ?? {};
  // Where backups go and who opens them: a plan makes none.
  const ofStores = new Set([
    ...Object.keys(destinationInputs),
    ...['age-recipients', 'acknowledged-recipients', 'gpg-recipients'],
  ]);
  const changing = Object.entries(given(apply)).filter(
    ([name, value]) => `${value}`.includes('inputs.') && !ofStores.has(name),
  );
  assert.ok(changing.length >= 10, `${changing.length}`);
  const planned = given(plan);
  assert.deepEqual(Object.fromEntries(changing.map(([name]) => [name, planned[name]])), Object.fromEntries(changing));
});

test('a migration is applied from the commit that its plan read, wherever the branch has moved while people were asked', () => {
  const { plan, apply } = workflows.find(({ file }) => file === 'migrate.yml')?.jobs ?? {};
  const checkout = (job: typeof plan) => job?.steps?.find(({ uses }) => uses?.startsWith('actions/checkout@'));
  assert.equal(checkout(plan)?.with?.ref, `\${{ inputs.ref }}`);
  assert.equal(plan?.outputs?.commit, `\${{ steps.${checkout(plan)?.id}.outputs.commit }}`);
  assert.equal(checkout(apply)?.with?.ref, `\${{ needs.plan.outputs.commit || inputs.ref }}`);
});

test('what a workflow hands on are outputs of its jobs, never how a job ended', () => {
  for (const { file, call } of published)
    for (const [name, { value }] of Object.entries(call.outputs ?? {}))
      assert.doesNotMatch(value, /jobs\.[\w-]+\.result\b/, `${file}: ${name}`);
});

describe('the plan of a pull request (S31)', () => {
  const model = (file: string) => workflows.find((one) => one.file === file);

  test('what reads the code of a fork has no secret and writes nothing, and asks no database', () => {
    const { fork, plan } = model('plan.yml')?.jobs ?? {};
    assert.ok(fork !== undefined && plan !== undefined);
    assert.deepEqual(secretsOf(fork), []);
    assert.deepEqual(Object.values(fork.permissions ?? {}), ['read', 'read']);
    const given = fork.steps?.find(({ uses }) => uses === '$/actions/migrate-with-backup')?.with ?? {};
    assert.deepEqual(
      [given.mode, given['database-url'], given.replay, given.comment],
      ['plan', undefined, undefined, undefined],
    );
    const own = 'github.event.pull_request.head.repo.full_name == github.repository';
    assert.ok(plan.if?.includes(own));
    assert.ok(fork.if?.includes(own.replace('==', '!=')));
  });

  test('a branch of this repository is planned before the merge, each caller with a comment of its own', () => {
    const { plan } = model('plan.yml')?.jobs ?? {};
    const given = plan?.steps?.find(({ uses }) => uses === '$/actions/migrate-with-backup')?.with ?? {};
    assert.deepEqual(
      [given.mode, given.comment, given['comment-name'], given.replay],
      ['plan', 'pull-request', `\${{ inputs.name }}`, `\${{ inputs.replay }}`],
    );
    assert.deepEqual(plan?.permissions, { contents: 'read', 'pull-requests': 'write' });
  });

  test('what comments for a fork checks nothing out, runs nothing and has no secret', () => {
    const { comment } = model('plan-comment.yml')?.jobs ?? {};
    assert.ok(comment !== undefined);
    assert.deepEqual(secretsOf(comment), []);
    assert.deepEqual(comment.permissions, { actions: 'read', 'pull-requests': 'write' });
    assert.deepEqual(
      comment.steps?.map(({ uses }) => uses?.split('@')[0]),
      ['actions/download-artifact', '$/actions/post-plan'],
    );
    assert.match(comment.if ?? '', /workflow_run\.event == 'pull_request'/);
  });

  test('what is shown was fetched from the run that has ended: by the name of its plan, into a folder that no other job has', () => {
    const left = model('plan.yml')?.jobs.fork?.steps?.find(({ uses }) => uses?.startsWith('actions/upload-artifact@'));
    const [fetched, shown] = model('plan-comment.yml')?.jobs.comment?.steps ?? [];
    assert.equal(left?.with?.name, `migration-plan-\${{ inputs.name }}`);
    assert.equal(left?.with?.overwrite, true);
    assert.equal(fetched?.with?.name, left?.with?.name);
    const own = `\${{ runner.temp }}/plan-of-run-\${{ github.event.workflow_run.id }}`;
    assert.deepEqual([fetched?.with?.path, shown?.with?.['plan-file']], [own, `${own}/plan.md`]);
    assert.equal(shown?.with?.['fetch-outcome'], `\${{ steps.${fetched?.id}.outcome }}`);
    assert.equal(model('plan.yml')?.call.inputs?.name?.default, model('plan-comment.yml')?.call.inputs?.name?.default);
  });
});

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

test('a rollback reaches the database by whatever a release reaches it, and its recipients are judged alike', () => {
  const names = [...Object.keys(databaseInputs), 'age-recipients', 'gpg-recipients', 'acknowledged-recipients'];
  const givenTo = (steps: Step[] = [], uses: string) =>
    Object.keys(steps.find((step) => step.uses === uses)?.with ?? {})
      .filter((name) => names.includes(name))
      .toSorted();
  const migrate = '$/actions/migrate-with-backup';
  const ofRelease = givenTo(readAction('deploy').runs.steps, migrate);
  assert.deepEqual(ofRelease, names.toSorted());
  assert.deepEqual(givenTo(readAction('rollback').runs.steps, migrate), ofRelease);
  const jobs = (file: string) => workflows.find((one) => one.file === file)?.jobs ?? {};
  const { release } = jobs('deploy-production.yml');
  const { database } = jobs('rollback.yml');
  const byWorkflow = givenTo(release?.steps, '$/deploy');
  assert.ok(byWorkflow.includes('login-role') && byWorkflow.includes('database-password'));
  assert.deepEqual(givenTo(database?.steps, '$/rollback'), byWorkflow);
});

test('smoke tests run behind a restore that was checked, without its secrets, and the incident hears how they ended', () => {
  const { restore, smoke, incident } = workflows.find(({ file }) => file === 'restore.yml')?.jobs ?? {};
  assert.equal(restore?.outputs?.smoke, `\${{ steps.restore.outputs.smoke }}`);
  assert.equal(smoke?.needs, 'restore');
  assert.equal(smoke?.if, `\${{ !cancelled() && needs.restore.outputs.smoke == 'configured' }}`);
  assert.deepEqual(secretsOf(smoke ?? {}), ['VERCEL_AUTOMATION_BYPASS_SECRET']);
  assert.deepEqual(incident?.needs, ['restore', 'smoke']);
  assert.equal(incident?.if, `\${{ always() }}`);
  const told = incident?.steps?.find(({ uses }) => uses === '$/actions/restore')?.with;
  assert.deepEqual(
    [told?.mode, told?.['restore-result'], told?.['smoke-decision'], told?.['smoke-summary']],
    [
      'restore-report',
      `\${{ needs.restore.outputs.result }}`,
      `\${{ needs.smoke.outputs.decision || (needs.smoke.result != 'skipped' && 'could-not-run') || '' }}`,
      `\${{ needs.smoke.outputs.summary }}`,
    ],
  );
  assert.deepEqual(secretsOf(incident ?? {}), []);
});

test('the pool of a database that lets nobody in is raised by a job without its secrets, and put back without a word', () => {
  const { doctor, pool } = workflows.find(({ file }) => file === 'database-doctor.yml')?.jobs ?? {};
  const isPool = "inputs.mitigate == 'raise-pool' || inputs.mitigate == 'pool-back'";
  assert.equal(pool?.if, `\${{ ${isPool} }}`);
  assert.equal(doctor?.if, `\${{ ${isPool.replaceAll('==', '!=').replace('||', '&&')} }}`);
  assert.deepEqual(secretsOf(pool ?? {}), ['SUPABASE_ACCESS_TOKEN']);
  const told = pool?.steps?.find(({ uses }) => uses === '$/actions/database-doctor')?.with;
  // A person who types the word gets the plan first, as everywhere.
  const asked = "(inputs.mitigate == 'raise-pool' || inputs.confirm != '')";
  assert.equal(told?.['dry-run'], `\${{ ${asked} && inputs.dry-run }}`);
});

test('damage that the doctor finds becomes an incident though it turns the look red, in a job without secrets', () => {
  const { doctor, incident } = workflows.find(({ file }) => file === 'database-doctor.yml')?.jobs ?? {};
  assert.equal(doctor?.outputs?.damage, `\${{ steps.doctor.outputs.damage }}`);
  assert.equal(doctor?.permissions?.issues, undefined);
  assert.equal(incident?.if, `\${{ !cancelled() && needs.doctor.outputs.damage != '' }}`);
  assert.deepEqual(incident?.permissions, { issues: 'write' });
  const told = incident?.steps?.find(({ uses }) => uses === '$/actions/database-doctor')?.with;
  assert.deepEqual([told?.mode, told?.['damage-result']], ['damage-report', `\${{ needs.doctor.outputs.damage }}`]);
  assert.deepEqual(secretsOf(incident ?? {}), []);
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

test('an address that ops.yml may have chosen gets the bypass secret only after Vercel was asked about it (S11, S20)', () => {
  const lists = [
    ...['deploy', 'rollback'].map((folder) => readAction(folder).runs.steps ?? []),
    ...workflows.flatMap((workflow) => jobsOf(workflow).map(([, { steps = [] }]) => steps)),
  ];
  const tests = lists.flatMap((steps) =>
    steps
      .filter(({ uses, with: given = {} }) => uses === '$/actions/smoke-test' && 'protection-bypass-secret' in given)
      // What the deploy step names is Vercel's own word, and an input that of the workflow file.
      .filter(({ with: given = {} }) => !/steps\.deploy\.outputs|inputs\./.test(String(given['base-url'])))
      .map((step) => ({ step, before: steps.slice(0, steps.indexOf(step)) })),
  );
  assert.ok(tests.length >= 5, `only ${tests.length} smoke tests`);
  for (const { step, before } of tests) {
    const given = step.with ?? {};
    const hosts = /^\$\{\{ steps\.([\w-]+)\.outputs\.secret-hosts \}\}$/.exec(String(given['secret-hosts']));
    const gate = before.find(({ id }) => id === hosts?.[1]);
    assert.equal(gate?.uses, '$/actions/health-gate', step.name);
    assert.ok(gate?.with?.['vercel-token'], step.name);
    assert.equal(gate?.with?.['base-url'], given['base-url'], step.name);
    assert.match(
      String(given['protection-bypass-secret']),
      new RegExp(`steps\\.${gate?.id}\\.outputs\\.secret-hosts != '' &&`),
    );
  }
});
