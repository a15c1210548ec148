import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runTool } from '#child-process/run-tool';
import { createOneTimeKey, decryptStream, encryptStream, type OneTimeKey } from './age-stream.ts';

const probe = await runTool({ command: 'age', args: ['--version'], deadlineMs: 10_000 }).catch(() => undefined);
const kibibytes64 = 65_536;

describe('beside the age program', { skip: probe === undefined ? 'no age on this machine' : false }, () => {
  let folder: string;
  let key: OneTimeKey;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'age-payload-'));
    key = await createOneTimeKey();
    await writeFile(join(folder, 'key'), `${key.identity}\n`, { mode: 0o600 });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
    for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
  }
  const age = async (args: string[], from: string, to: string) => {
    const tool = {
      command: 'age',
      args: [...args, '--output', join(folder, to), join(folder, from)],
      deadlineMs: 20_000,
    };
    const { exitCode, stderr } = await runTool(tool);
    assert.equal(exitCode, 0, stderr);
  };
  const read = (name: string) => readFile(join(folder, name));

  for (const size of [0, 1, kibibytes64 - 1, kibibytes64, kibibytes64 + 1, 2 * kibibytes64, 1_000_003]) {
    test(`it reads our ${size} bytes and we read its`, async () => {
      const plain = randomBytes(size);
      await rm(join(folder, 'ours'), { force: true });
      await writeFile(join(folder, 'ours.age'), encryptStream(inChunks(plain, 50_000), [key.recipient]));
      await age(['--decrypt', '--identity', join(folder, 'key')], 'ours.age', 'ours');
      // It makes no file for nothing.
      const opened = await read('ours').catch(() => Buffer.alloc(0));
      assert.ok(opened.equals(plain));
      await writeFile(join(folder, 'plain'), plain);
      await age(['--encrypt', '--recipient', key.recipient], 'plain', 'theirs.age');
      const stored = await read('theirs.age');
      const back = await Array.fromAsync(decryptStream(inChunks(stored, 7_001), key.identity));
      assert.ok(Buffer.concat(back).equals(plain));
    });
  }
});
