import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mermaidChart, svgChart } from './render-chart.ts';

const bucket = (index: number, requests: number, errors: number) => {
  return { start: 1000 + index * 30, end: 1030 + index * 30, requests, errors };
};
const facts = {
  buckets: [bucket(0, 100, 1), bucket(1, 100, 9), bucket(2, 0, 0)],
  baseline: [bucket(-4, 200, 1)],
  startedAt: 1000,
  verdict: 'fail' as const,
  limit: 0.02,
  unit: 'share' as const,
};

test('The SVG holds every interval with its numbers, limit, what was before and the verdict, and nothing that runs or loads', () => {
  const svg = svgChart(facts);
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[\s\S]*<\/svg>\n$/);
  assert.match(svg, />Verdict fail: 10 of 200 requests failed \(5\.00 %\)</);
  assert.deepEqual(
    [...svg.matchAll(/<title>([^<]*)<\/title>/g)].map(([, said]) => said),
    ['00:30: 1 of 100 requests failed', '01:00: 9 of 100 requests failed', '01:30: 0 of 0 requests failed'],
  );
  assert.match(svg, />limit 2\.00 %</);
  assert.match(svg, />before: 0\.50 %</);
  assert.doesNotMatch(svg, /<script|<style|href|on\w+=|url\(|NaN|Infinity/);
  for (const [, value] of svg.matchAll(/ (?:x|y|x1|x2|y1|y2|width|height)="([^"]*)"/g))
    assert.ok(Number.isFinite(Number(value)) && Number(value) >= 0, value);
});

test('A limit of another unit is not drawn as a share; a window of one interval, without requests or without any is no mistake', () => {
  assert.doesNotMatch(svgChart({ ...facts, limit: 5000, unit: 'ms' }), /limit/);
  assert.match(svgChart({ ...facts, buckets: [bucket(0, 0, 0)], baseline: [] }), /no requests/);
  assert.equal(svgChart({ ...facts, buckets: [] }), '');
  assert.deepEqual(mermaidChart({ ...facts, buckets: [bucket(0, 9, 0)] }), []);
});

test('A long watch is drawn with at most forty points, which together hold every request', () => {
  const buckets = Array.from({ length: 130 }, (_, index) => bucket(index, 10, index % 10 === 0 ? 1 : 0));
  const svg = svgChart({ ...facts, buckets });
  const seen = [...svg.matchAll(/<title>\S+ (\d+) of (\d+)/g)];
  assert.ok(seen.length <= 40);
  assert.deepEqual(
    [1, 2].map((part) => seen.reduce((sum, match) => sum + Number(match[part]), 0)),
    [13, 1300],
  );
  assert.equal(mermaidChart({ ...facts, buckets })[2]?.split(',').length, seen.length);
});
