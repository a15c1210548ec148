import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { SourceName } from '#config/settings';
import { type Ending, removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import { deployFiles } from '#sandbox/deploy-files';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';

// Vendors tell minutes: this takes as long as such a window lasts, for all of them at once.
const guide = join(import.meta.dirname, '../../../docs/how-to/watch-in-the-sandbox.md');

/** What each source is told, as docs/how-to/watch-in-the-sandbox.md says. */
const sources: [SourceName, inputs: (sandbox: Sandbox) => Record<string, string>][] = [
  ['sentry', ({ description: { sentry } }) => ({ 'sentry-url': sentry.url, 'sentry-auth-token': sentry.token })],
  [
    'datadog',
    ({ description: { datadog } }) => ({
      ...{ 'datadog-url': datadog.apiUrl, 'dd-api-key': datadog.apiKey, 'dd-app-key': datadog.appKey },
    }),
  ],
  [
    'prometheus',
    ({ description: { prometheus } }) => ({ 'prometheus-url': prometheus.url, 'prometheus-token': prometheus.token }),
  ],
  ['grafana', ({ description: { grafana } }) => ({ 'grafana-url': grafana.url, 'grafana-token': grafana.token })],
  [
    'new-relic',
    ({ description: { newRelic } }) => ({ 'new-relic-url': newRelic.apiUrl, 'new-relic-api-key': newRelic.apiKey }),
  ],
  [
    'supabase-logs',
    ({ description: { supabase } }) => ({
      ...{ 'supabase-api-url': supabase.apiUrl, 'supabase-access-token': supabase.token },
    }),
  ],
  [
    'http-json',
    ({ description: { app } }) => ({
      ...{ 'source-url': `${app.url}/counts?from={from}&until={until}`, 'source-token': app.token },
    }),
  ],
  ['json-logs', ({ description: { app } }) => ({ 'source-url': app.url, 'source-token': app.token })],
  // Named for primary, it would get the logs to stand in.
  ['vercel-observability', () => ({ combine: 'any' })],
];

describe('a release that any source of the sandbox counts', { concurrency: true }, () => {
  after(removeWorkspaces);

  for (const { release, failing, code, verdict } of [
    { release: 'a bad release', failing: 6, code: 1, verdict: 'fail' },
    { release: 'a healthy release', failing: 0, code: 0, verdict: 'pass' },
  ]) {
    describe(release, () => {
      let sandbox: Sandbox;
      let stop = (): void => {};
      let endings: Map<SourceName, Promise<Ending>>;

      before(async () => {
        sandbox = await startSandbox({
          postgres: false,
          vercel: { readyDelayMs: 4, aliasDelayMs: 4, observabilityPlus: true },
        });
        const { vercel, supabase, app } = sandbox.description;
        const handler = `let count = 0;
        export const GET = () => new Response('', { status: ${failing} > 0 && ++count % ${failing || 1} === 0 ? 500 : 200 });`;
        await deployFiles(
          sandbox,
          { 'package.json': '{"type":"module"}', 'api/notes.js': handler },
          { target: 'production' },
        );
        const [domain = ''] = vercel.domains;
        // On a busy machine the first answer takes long, and what fails only then is not what is counted here.
        while ((await fetch(`${domain}/api/notes`)).status !== 200) await delay(500);
        let served = 0;
        const timer = setInterval(() => {
          fetch(`${domain}/api/notes`).then(
            (answer) => answer.arrayBuffer(),
            () => {},
          );
          // The sandbox's app calls no function: what a gateway would have seen of it.
          served += 1;
          const status = failing > 0 && served % failing === 0 ? 500 : 200;
          sandbox.supabase.requests.push({ at: Date.now(), path: '/rest/v1/notes', status, durationMs: 5 });
        }, 50);
        stop = () => clearInterval(timer);
        const told = /```yaml\n# \.github\/ops\.yml\n([\s\S]*?)```/.exec(await readFile(guide, 'utf8'))?.[1] ?? '';
        const own = `  supabase-logs: { project: ${supabase.project} }
  json-logs: { url: '${app.url}/logs?from={from}&until={until}' }
`;
        const config = `version: 1\nenvironments: { production: { url: '${domain}' } }\n${told}${own}`;
        endings = new Map(
          sources.map(([source, inputs]) => [
            source,
            runBundle({
              action: 'auto-rollback-on-error-rate',
              files: { '.github/ops.yml': config },
              inputs: {
                ...{ environment: 'production', source, window: '3m', interval: '1m', threshold: '5%', act: 'false' },
                ...{ 'base-url': domain, 'vercel-api-url': vercel.apiUrl, 'vercel-token': vercel.token },
                ...{ 'vercel-project': vercel.projectId, 'vercel-team': vercel.teamId },
                ...inputs(sandbox),
              },
            }),
          ]),
        );
        await Promise.allSettled(endings.values());
      });
      after(async () => {
        stop();
        await sandbox?.close();
      });

      for (const [source] of sources) {
        test(`${source}: ${verdict}`, async () => {
          const ending = (await endings.get(source)) ?? assert.fail();
          assert.equal(ending.outputs.verdict, verdict, ending.log);
          assert.equal(ending.code, code, ending.log);
          assert.equal(ending.result.source, source);
          const { requests, errors } = ending.outputs;
          assert.ok(Number(requests) > 500, `${requests} requests`);
          const rate = Number(errors) / Number(requests);
          assert.ok(failing === 0 ? rate === 0 : Math.abs(rate - 1 / failing) < 0.02, `${errors} of ${requests}`);
        });
      }
    });
  }
});
