import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseDrillDeployments } from './choose-drill-deployments.ts';
import type { VercelDeployment } from './vercel-types.ts';

const one = (id: string, more: Partial<VercelDeployment> = {}): VercelDeployment => ({
  ...{ id, url: `${id}.example.com`, readyState: 'READY', target: null, projectId: 'prj_1', createdAt: 1, aliases: [] },
  meta: { opsDrill: 'production' },
  ...more,
});

test('only previews with the mark of this environment that production does not serve are deployments of a drill', () => {
  const listed = [
    one('dpl_a'),
    one('dpl_failed', { readyState: 'ERROR', target: 'preview' }),
    one('dpl_unmarked', { meta: {} }),
    one('dpl_other', { meta: { opsDrill: 'staging' } }),
    one('dpl_production', { target: 'production' }),
    one('dpl_slug', { target: 'staging' }),
    one('dpl_serves'),
  ];
  const chosen = chooseDrillDeployments(listed, 'production', ['dpl_serves']);
  assert.deepEqual(
    chosen.map(({ id }) => id),
    ['dpl_a', 'dpl_failed'],
  );
});
