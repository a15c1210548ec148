import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import type { DemoRelease, DemoResult } from '../demo-result.ts';
import { wilsonInterval } from './error-rate-chart.ts';
import { html } from './html.ts';
import { renderReport } from './render-report.ts';

const hostile = `</details><script>alert(1)</script>"'><img src=x onerror=alert(1)>\u202e\u001b[31m@team`;

function release(change: Partial<DemoRelease> = {}): DemoRelease {
  return {
    version: 'v1.1.0',
    expected: 'rolled-back',
    decision: 'rolled-back',
    reasonCode: 'error_rate',
    summary: hostile,
    failed: true,
    deploymentId: 'dpl_2',
    commit: 'c'.repeat(40),
    startedAt: 100,
    endedAt: 130,
    promotedAt: 105,
    watch: {
      verdict: 'fail',
      reasonCode: 'error_rate',
      requests: 100,
      errors: 6,
      buckets: [{ start: 106, end: 108, requests: 100, errors: 6 }],
      limit: 0.02,
      rules: [hostile],
      source: 'vercel-runtime-logs',
      denominator: 'function requests',
      effectiveIntervalSeconds: 2,
    },
    backup: null,
    findings: [{ file: hostile, line: 3, rule: 'r', message: hostile, statement: hostile, correction: hostile }],
    steps: [{ name: hostile, outcome: 'failure', summary: hostile, startedAt: 100, endedAt: 104 }],
    ...change,
  };
}

function result(releases: DemoRelease[]): DemoResult {
  return {
    schemaVersion: 1,
    startedAt: 100,
    endedAt: 140,
    asExpected: true,
    releases,
    rollback: {
      from: 'dpl_2',
      to: 'dpl_1',
      breachAt: 108,
      detectedAt: 108.2,
      swappedAt: 108.9,
      verifiedAt: 110,
      requestsFailedMeanwhile: 6,
    },
    slack: {
      messages: [
        {
          at: 101,
          text: hostile,
          blocks: [{ type: 'section', text: hostile }],
          edited: true,
          replies: [{ at: 102, text: hostile }],
        },
      ],
      edits: 3,
      replies: 1,
    },
    issues: [{ number: 1, title: hostile, state: 'open', body: hostile }],
    traffic: { requests: 10, failed: 1, seconds: [{ at: 106, requests: 10, failed: 1 }] },
    autoAssign: { before: true, after: true },
  };
}

describe('renderReport', () => {
  const page = renderReport(result([release()]));

  test('its policy allows nothing but its own style sheet', () => {
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    assert.ok(page.includes(`default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;`));
    assert.doesNotMatch(page, /<script|\sstyle=|https?:\/\/(?!www\.w3\.org)/);
  });

  test('no foreign text becomes markup, and no control or direction character stays', () => {
    assert.doesNotMatch(page, /<img|<\/details><script/);
    assert.ok(page.includes('&lt;script&gt;'));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these must be gone
    assert.doesNotMatch(page, /[\u0000-\u0008\u000b-\u001f\u202a-\u202e]/);
  });

  test('a story that stopped early still has a report', () => {
    const early = { ...result([release({ watch: null, promotedAt: null, steps: [] })]), rollback: null };
    assert.match(renderReport(early), /No rollback took place/);
  });
});

test('html escapes text and passes markup', () => {
  assert.equal(
    html`<b title="${'"'}">${'<i>'}${html`<u>${1}</u>`}</b>`.markup,
    '<b title="&quot;">&lt;i&gt;<u>1</u></b>',
  );
});

test('the Wilson interval agrees with published values', () => {
  // Newcombe 1998, Statistics in Medicine 17:857, table I, method 3: 81/263, 15/148, 0/20, 1/29.
  const published = [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const;
  for (const [errors, requests, lower, upper] of published) {
    const interval = wilsonInterval(errors, requests);
    assert.ok(Math.abs(interval.lower - lower) < 5e-5, `${errors}/${requests}: ${interval.lower}`);
    assert.ok(Math.abs(interval.upper - upper) < 5e-5, `${errors}/${requests}: ${interval.upper}`);
  }
});
