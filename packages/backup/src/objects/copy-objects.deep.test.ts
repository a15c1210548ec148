import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createOneTimeKey } from '../age-stream.ts';
import { directoryDestination } from '../destination.ts';
import { openEncryption } from '../encryption.ts';
import { copyObjects } from './copy-objects.ts';
import type { LiveObject } from './object-store.ts';

const chunkBytes = 256 * 1024;
const chunksOfOne = 1600;
const one = chunkBytes * chunksOfOne;

test('objects of 400 MB, two at a time, pass in constant memory', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'copy-objects-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const { recipient } = await createOneTimeKey();
  const encryption = await openEncryption({ age: [recipient] });
  let peak = 0;
  const sampling = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 50);
  t.after(() => clearInterval(sampling));
  const before = process.memoryUsage().rss;
  const copied = await copyObjects({
    source: {
      buckets: async () => [{ name: 'media', public: false }],
      async *list(): AsyncGenerator<LiveObject> {
        for (const name of ['a', 'b'])
          yield { bucket: 'media', name, bytes: one, etag: name, updatedAt: '2026-01-24T09:00:00Z' };
      },
      async *read() {
        // New bytes each time: what repeats would be small once it is compressed, wherever it is held.
        for (let index = 0; index < chunksOfOne; index += 1) yield randomBytes(chunkBytes);
      },
    },
    except: [],
    destinations: [directoryDestination(folder)],
    encryption,
    known: new Map(),
    run: '1.1',
    log: () => {},
    signal: new AbortController().signal,
  });
  assert.deepEqual([copied.copied, copied.failed], [{ objects: 2, bytes: 2 * one }, []]);
  t.diagnostic(`${(2 * one) / 1e6} MB copied, memory +${Math.round((peak - before) / 1e6)} MB`);
  // Less than one of them, and what the garbage collector has not met yet counts here, too.
  assert.ok(peak - before < 280_000_000, `${peak - before} bytes more`);
});
