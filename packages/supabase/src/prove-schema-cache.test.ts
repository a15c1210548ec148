import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DataApiFailed, type Knowledge } from './data-api.ts';
import { proveSchemaCache } from './prove-schema-cache.ts';

const objects = [
  { schema: 'public', relation: 'notes' },
  { schema: 'app', relation: 'notes', column: 'mood' },
];

/** An API that answers these in turn, the last for ever, and a clock that only sleeping moves. */
async function prove(answers: (Knowledge[] | Error)[]) {
  let now = 0;
  let reloads = 0;
  const clock = {
    now: () => now,
    async sleep(ms: number) {
      now += ms;
    },
  };
  const api = {
    async look() {
      const next = answers.length > 1 ? answers.shift() : answers[0];
      if (next instanceof Error) throw next;
      return next ?? [];
    },
  };
  const reload = async () => {
    reloads += 1;
  };
  const lines: string[] = [];
  const proof = await proveSchemaCache(api, objects, { clock, reload, log: (line) => lines.push(line) });
  return { proof, reloads, lines };
}

test('known at once is one request and no second notice', async () => {
  const { proof, reloads } = await prove([['known', 'known']]);
  assert.deepEqual([proof, reloads], [{ outcome: 'fresh', known: 2, unproven: [], seconds: 0 }, 0]);
});

test('it asks until the API knows everything, and sends the notice again each time', async () => {
  const { proof, reloads } = await prove([
    ['unknown', 'unknown'],
    ['known', 'unknown'],
    ['known', 'known'],
  ]);
  assert.deepEqual([proof.outcome, reloads], ['fresh', 2]);
});

test('an API that never learns is stale after a minute, by the names it does not know', async () => {
  const { proof } = await prove([['known', 'unknown']]);
  assert.equal(proof.outcome, 'stale');
  assert.deepEqual(proof.outcome === 'stale' ? proof.missing : [], ['app.notes.mood']);
  assert.ok(proof.outcome === 'stale' && proof.seconds > 50 && proof.seconds <= 60);
});

test('what a key is not told of is said, what the API does not show is nobody’s concern', async () => {
  const { proof, lines } = await prove([['hidden', 'unsaid']]);
  assert.deepEqual(proof, { outcome: 'fresh', known: 0, unproven: ['app.notes.mood'], seconds: 0 });
  assert.deepEqual(lines, ['nothing proves that the Data API knows app.notes.mood']);
});

test('an API that cannot be asked proves nothing', async () => {
  const { proof } = await prove([new DataApiFailed('data_api_key_rejected', 'refused')]);
  assert.deepEqual(proof, { outcome: 'could-not-ask', reasonCode: 'data_api_key_rejected', message: 'refused' });
  await assert.rejects(prove([new TypeError('ours')]), TypeError);
});
