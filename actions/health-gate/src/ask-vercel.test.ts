import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { LocalVercel } from '../../../packages/vercel/test/local-vercel.ts';
import { vercelQuestions } from './ask-vercel.ts';

test('whichever of its requests Vercel leaves without an answer, the question ends by the signal', async () => {
  const vercel = await LocalVercel.start();
  const host = 'app.example.com';
  try {
    for (const route of [/projects/, /aliases/, /deployments/]) {
      vercel.faults.push({ route, blackHole: true });
      const limit = new AbortController();
      const reason = new Error('late');
      const asking = vercelQuestions(vercel.connection()).serving(host, limit.signal);
      const ended = assert.rejects(asking, reason);
      while (vercel.faults.length > 0) await wait(20);
      const sent = vercel.log.length;
      limit.abort(reason);
      await ended;
      assert.equal(vercel.log.length, sent, 'nothing is asked again');
    }
    const { serving } = vercelQuestions(vercel.connection());
    assert.equal((await serving(host, new AbortController().signal))?.deploymentId, 'dpl_old');
  } finally {
    await vercel.close();
  }
});
