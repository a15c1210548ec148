import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { DemoResult } from '#cli/demo/demo-result';
import { renderReport } from '#cli/demo/report/render-report';
import { createGitHub } from '#github/client';
import type { RunnerEvent } from '#local-runner/run-composite';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import { asDemo } from '../scenarios/as-demo.ts';
import { type Ended, type ReleaseFixture, releaseFixture, shortWatch } from '../scenarios/release-fixture.ts';
import { hostileLine, hostileText } from './hostile-texts.ts';
import {
  judgeBlocks,
  judgeJson,
  judgeJunit,
  judgeLine,
  judgeMarkdown,
  judgeMrkdwn,
  judgePage,
  judgeText,
} from './judges.ts';
import { hostileFiles, hostileOps, scenesOf } from './scenes.ts';

/** S14 on the whole path: hostile texts from every source, every channel judged by a parser that is not ours. */
const folder = mkdtempSync(join(tmpdir(), 'ops-actions-hostile-'));
const bait = join(folder, 'touched');
const ops = {
  database: { backup: { destination: 'directory', path: join(folder, 'backups') } },
  watch: shortWatch,
  ...hostileOps,
};
const scenes = scenesOf(bait, ops);

let fixture: ReleaseFixture;
let demo: DemoResult;
let hosts: string[];
const lines: string[] = [];
const events: RunnerEvent[] = [];
const runs: { what: string; ends: RegExp; ended: Ended }[] = [];

before(async () => {
  fixture = await releaseFixture({ database: true, ops, files: hostileFiles });
  const recipient = await identityToRecipient(await generateX25519Identity());
  for (const { what, ends, back, request, before: prepare } of scenes) {
    await prepare?.(fixture);
    const ended = await fixture[back ? 'rollback' : 'release']({
      ...request,
      inputs: back ? { ...request.inputs } : { 'age-recipients': recipient, ...request.inputs },
      onEvent: (event) => events.push(event),
      onRawLine: (line) => lines.push(line),
    });
    fixture.sandbox.faults.clear();
    runs.push({ what, ends, ended });
  }
  const { vercel, github } = fixture.sandbox.description;
  hosts = ['github.com', 'vercel.com', ...vercel.domains, github.apiUrl].map(
    (address) => URL.parse(address)?.host ?? address,
  );
  demo = await asDemo(
    fixture,
    runs.map(({ ended }) => ended),
  );
});
after(async () => {
  await fixture[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
  await removeWorkspaces();
});

describe('hostile text stays text (S14)', () => {
  it('in releases that end as they must, whatever they are told', () => {
    for (const { what, ends, ended } of runs) {
      assert.match(`${ended.decision}: ${ended.reasonCode}`, ends, `${what}: ${ended.lastLine}`);
    }
    assert.equal(existsSync(bait), false, 'a shell ran a text');
  });

  it('and came through: each source is in some channel', () => {
    const all = [...lines, JSON.stringify(demo), JSON.stringify(fixture.sandbox.requests())].join('\n');
    for (const source of scenes.flatMap(({ seen }) => seen)) assert.ok(all.includes(source), source);
  });

  it('in the lines of every process: no command that is not ours', () => {
    const { vercel, github, slack, postgres } = fixture.sandbox.description;
    const known = new Set([vercel.token, github.token, slack.token, postgres.url, new URL(postgres.url).password]);
    assert.deepEqual(unique(lines.flatMap((line) => judgeLine(line, known))), []);
  });

  it('in outputs and results: bounded, without a character that nobody sees', () => {
    const complaints = runs.flatMap(({ what, ended: { report } }) =>
      [...report.steps, { path: ['job'], outputs: report.outputs }].flatMap(({ path, outputs }) =>
        Object.entries(outputs).flatMap(([name, value]) => {
          const where = `${what}: ${path.join('/')} ${name}`;
          return name === 'result' && value !== ''
            ? judgeJson(where, JSON.parse(value), 8000)
            : judgeText(where, value, 100_000);
        }),
      ),
    );
    assert.deepEqual(unique(complaints), []);
  });

  it('in job summaries', () => {
    const summaries = events.flatMap((event) => (event.kind === 'summary' ? [event] : []));
    assert.ok(summaries.length > 30);
    const complaints = summaries.flatMap(({ path, text }) =>
      judgeMarkdown(`summary of ${path.join('/')}`, text, hosts),
    );
    assert.deepEqual(unique(complaints), []);
  });

  it('in issues', () => {
    assert.ok(demo.issues.length > 0);
    for (const { title, body } of demo.issues) {
      assert.deepEqual(judgeMarkdown('title', title, []), []);
      assert.deepEqual(unique(judgeMarkdown('issue', body, hosts)), []);
    }
  });

  it('in what is sent to Slack', () => {
    const sent = fixture.sandbox.requests().filter(({ service, path }) => service === 'slack' && /chat\./.test(path));
    assert.ok(sent.length > 30);
    const complaints = sent.flatMap(({ body }) => {
      const { text, blocks } = body as { text: string; blocks?: unknown };
      return [...judgeMrkdwn('Slack text', text, hosts), ...judgeBlocks(blocks, hosts)];
    });
    assert.deepEqual(unique(complaints), []);
  });

  it('in the ledger and everything else that is written at GitHub and Vercel', () => {
    const sent = fixture.sandbox.requests().filter(({ service, method }) => service === 'github' && method !== 'GET');
    assert.ok(sent.length > 50);
    const complaints = sent.flatMap(({ path, body }) => [
      ...judgeJson(`POST ${path.replaceAll(/\d+/g, 'n')}`, body, 65_536),
      ...judgeText('a status', String((body as { description?: unknown } | undefined)?.description ?? ''), 140),
    ]);
    assert.deepEqual(unique(complaints), []);
  });

  it("in the demo's report and result", () => {
    assert.deepEqual(unique(judgePage(renderReport(demo))), []);
    assert.deepEqual(unique(judgeJson('result', { ...demo, issues: [] }, 8000)), []);
  });

  it('in JUnit files', async () => {
    const run = await runBundle({
      action: 'smoke-test',
      inputs: {
        'base-url': fixture.address,
        junit: 'junit.xml',
        command: `node smoke.mjs "${hostileLine('junit-name', 300).replaceAll(/["`$\\{}]/g, '')}"`,
      },
      files: { 'smoke.mjs': `console.log(${JSON.stringify(hostileText('junit-says'))}); process.exitCode = 1;` },
    });
    const xml = await run.read('junit.xml');
    assert.match(xml, /junit-name[\s\S]*system-out>[^<]*evil\.example/);
    assert.deepEqual(judgeJunit(xml), []);
  });

  it('on the terminal of a person', async () => {
    const { github } = fixture.sandbox.description;
    const client = createGitHub({ apiUrl: github.apiUrl, token: github.token, repository: github.repository });
    const { sha } = await client.commit('HEAD');
    const reason = hostileText('forged-reason');
    // Whoever may push can write such an entry (S9).
    const payload = {
      schemaVersion: 1,
      key: hostileText('forged-key'),
      reason,
      runUrl: hostileText('forged-run'),
      expiresAfterMs: 60_000,
    };
    await client.createDeployment({
      ref: sha,
      task: 'ops-actions:lock',
      environment: 'production',
      payload,
      description: reason.slice(0, 100),
      production: true,
    });
    for (const words of [['lock', '--show'], ['releases'], ['unlock']]) {
      const said = await fixture.command(...words, '--environment', 'production');
      assert.deepEqual(judgeText(words.join(' '), said, 60_000), []);
    }
  });
});

/** Each complaint once, its numbers aside. */
function unique(complaints: string[]): string[] {
  return [...new Set(complaints)];
}
