import { cleanText } from '#http/text';
import type { SmokeTest } from './decide-smoke.ts';

/** A suite as a JUnit file; flaky tests use Surefire's `flakyFailure`, tests that could not run are `error`. */
export function renderJunit(suite: {
  name: string;
  tests: readonly SmokeTest[];
  /** Unix seconds. */
  startedAt: number;
  durationMs: number;
}): string {
  const count = (outcome: SmokeTest['outcome']): number =>
    suite.tests.filter((test) => test.outcome === outcome).length;
  const totals = `tests="${suite.tests.length}" failures="${count('fail')}" errors="${count('could-not-run')}" skipped="0" time="${seconds(suite.durationMs)}"`;
  const timestamp = new Date(suite.startedAt * 1000).toISOString();
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${totals}>`,
    `  <testsuite name="${escapeXml(suite.name)}" ${totals} timestamp="${timestamp}">`,
    ...suite.tests.map(testCase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase(test: SmokeTest): string {
  const head = `    <testcase classname="smoke" name="${escapeXml(test.name)}" time="${seconds(test.durationMs)}"`;
  const element = { pass: undefined, flaky: 'flakyFailure', fail: 'failure', 'could-not-run': 'error' }[test.outcome];
  const output = test.output ? `<system-out>${test.output.split('\n').map(escapeXml).join('\n')}</system-out>` : '';
  if (!element) return output ? `${head}>${output}</testcase>` : `${head}/>`;
  const problem = `<${element} type="${escapeXml(test.reasonCode)}" message="${escapeXml(test.message)}"/>`;
  return `${head}>${problem}${output}</testcase>`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** Foreign text inside XML: control characters are not allowed in XML 1.0 at all, not even escaped (S14). */
function escapeXml(text: string): string {
  return cleanText(text, 1000)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
}
