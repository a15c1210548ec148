import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type StrictSlack, startStrictSlack } from '#notify/testing/strict-slack';

const bundle = join(import.meta.dirname, '../dist/index.js');
const skip = existsSync(bundle) ? false : 'dist is not built: npm run build notify-slack';

interface Run {
  exitCode: number | null;
  stdout: string;
  outputs: Record<string, string>;
}

/** Runs the committed bundle as a runner does, optionally in a checkout with an ops.yml. */
async function run(
  inputs: Record<string, string>,
  config?: string,
  environment: Record<string, string> = {},
): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'notify-slack-'));
  try {
    if (config !== undefined) {
      await mkdir(join(folder, '.github'));
      await writeFile(join(folder, '.github/ops.yml'), config);
    }
    const output = join(folder, 'output');
    const child = spawn(process.execPath, [bundle], {
      env: {
        PATH: process.env.PATH ?? '',
        GITHUB_WORKSPACE: folder,
        GITHUB_OUTPUT: output,
        RUNNER_TEMP: folder,
        ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        stdout += chunk;
      });
    }
    const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
    const written = await readFile(output, 'utf8').catch(() => '');
    const outputs: Record<string, string> = {};
    for (const [, name = '', , value = ''] of written.matchAll(/^(.+)<<(\S+)\n([\s\S]*?)\n?\2$/gm))
      outputs[name] = value;
    return { exitCode, stdout, outputs };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const bot = (slack: StrictSlack) => ({
  token: slack.token,
  channel: 'C01',
  'slack-api-url': slack.apiUrl,
  title: 'Import',
});

describe('notify-slack', { skip }, () => {
  test('posts, then updates the same message, details in its thread, all by the ids of the first step', async () => {
    await using slack = await startStrictSlack();
    const first = await run({ ...bot(slack), status: 'running', details: 'one\ntwo <!channel>' });
    assert.equal(first.exitCode, 0, first.stdout);
    assert.deepEqual([first.outputs.decision, first.outputs['channel-id']], ['sent', 'C01']);
    const id = first.outputs['message-id'] ?? '';
    const second = await run({ ...bot(slack), status: 'success', 'message-id': id });
    assert.deepEqual([second.outputs.decision, second.outputs['message-id']], ['updated', id]);
    assert.deepEqual(
      slack.messages.map(({ body }) => [body.thread_ts, body.text]),
      [
        [undefined, '✅ Import'],
        [id, 'one\ntwo &lt;!channel&gt;'],
      ],
    );
    const answer = await run({ ...bot(slack), thread: id, text: 'more' });
    assert.equal(answer.outputs.decision, 'sent');
    assert.deepEqual([slack.messages[2]?.body.thread_ts, slack.messages[2]?.body.text], [id, 'Import\nmore']);
  });

  test('takes the channel of the environment from ops.yml', async () => {
    await using slack = await startStrictSlack();
    const { channel: _channel, ...inputs } = bot(slack);
    const config = 'environments: { staging: { slack: C01 }, production: { slack: C02 } }';
    const ran = await run({ ...inputs, environment: 'staging' }, config);
    assert.equal(ran.outputs.decision, 'sent', ran.stdout);
    const wrong = await run({ ...inputs, environment: 'staging' }, 'slack: {}\nwotch: {}');
    assert.equal(wrong.exitCode, 1);
    assert.match(wrong.stdout, /ops\.yml:2 wotch: unknown key; did you mean watch\?/);
  });

  test('posts by webhook; what a webhook cannot do is refused with the reason', async () => {
    await using slack = await startStrictSlack();
    const ran = await run({ 'webhook-url': slack.webhookUrl, title: 'Import', text: 'a\nb' });
    assert.deepEqual([ran.exitCode, ran.outputs.decision, ran.outputs['message-id']], [0, 'sent', '']);
    const refused = await run({ 'webhook-url': slack.webhookUrl, title: 'Import', 'message-id': '1.2' });
    assert.equal(refused.exitCode, 1);
    assert.match(refused.stdout, /what a webhook posts can neither be updated nor answered/);
  });

  test('a failed delivery is a warning with what to do, and the job goes on', async () => {
    await using slack = await startStrictSlack();
    const wrongChannel = await run({ ...bot(slack), channel: 'C99' });
    assert.equal(wrongChannel.exitCode, 0);
    assert.equal(wrongChannel.outputs.decision, 'not-delivered');
    assert.equal(wrongChannel.outputs['reason-code'], 'channel_not_found');
    assert.match(wrongChannel.stdout, /^::warning.*the channel was not found: give its id/m);
    slack.faults.push({ status: 429, headers: { 'retry-after': '60' } });
    const limited = await run(bot(slack));
    assert.deepEqual([limited.exitCode, limited.outputs['reason-code']], [0, 'rate_limited']);
    const gone = await run({ ...bot(slack), 'slack-api-url': 'http://127.0.0.1:1/api/' });
    assert.deepEqual([gone.exitCode, gone.outputs.decision], [0, 'not-delivered']);
  });

  test('all wrong inputs come at once, and no secret is ever shown', async () => {
    const ran = await run({
      status: 'great',
      'message-id': 'x',
      token: 'xox',
      'slack-api-url': 'https://slack.com/api/',
    });
    assert.equal(ran.exitCode, 1);
    assert.equal(ran.outputs['reason-code'], 'bad_input');
    for (const part of [
      /title: is required/,
      /status: .*info, running, success, warning, failure/,
      /message-id: has the wrong form/,
      /token: is too short/,
    ]) {
      assert.match(ran.stdout, part);
    }
    await using slack = await startStrictSlack();
    const canary = `${slack.webhookUrl}canary`;
    const debug = { RUNNER_DEBUG: '1', ACTIONS_STEP_DEBUG: 'true', DEBUG: '*', NODE_DEBUG: 'http' };
    const leaking = await run({ 'webhook-url': canary, title: 'x' }, undefined, debug);
    assert.equal(leaking.outputs['reason-code'], 'no_service');
    const shown = leaking.stdout
      .split('\n')
      .filter((line) => !line.startsWith('::add-mask::') && !/^HTTP \d+:/.test(line));
    assert.ok(!shown.join('\n').includes('secretsecretcanary'), shown.join('\n'));
  });

  test('a token goes to no address that only the environment names, unless it is this machine', async () => {
    await using slack = await startStrictSlack();
    const { 'slack-api-url': _address, ...inputs } = bot(slack);
    const local = await run(inputs, undefined, { OPS_ACTIONS_SLACK_API_URL: slack.apiUrl });
    assert.equal(local.outputs.decision, 'sent', local.stdout);
    const foreign = await run(inputs, undefined, { OPS_ACTIONS_SLACK_API_URL: 'https://evil.example/api/' });
    assert.equal(foreign.exitCode, 1);
    assert.match(foreign.stdout, /tokens are not sent to this address/);
  });
});
