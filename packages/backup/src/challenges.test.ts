import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOneTimeKey } from './age-stream.ts';
import { challengeCommand, checkAnswers, makeChallenges, openChallenges } from './challenges.ts';
import { openDecryption, openEncryption } from './encryption.ts';

test('each recipient has a challenge that its own key opens and no other, the one-time key included', async () => {
  const [first, second, stranger] = await Promise.all([createOneTimeKey(), createOneTimeKey(), createOneTimeKey()]);
  const encryption = await openEncryption({ age: [first.recipient, second.recipient] });
  const challenges = await makeChallenges(encryption);
  const opens = async (identity: string) => openChallenges(challenges, await openDecryption({ ageIdentity: identity }));
  assert.deepEqual(
    challenges.map(({ recipient }) => recipient),
    encryption.fingerprints,
  );
  assert.deepEqual(await opens(first.identity), encryption.fingerprints.slice(0, 1));
  assert.deepEqual(await opens(second.identity), encryption.fingerprints.slice(1));
  assert.deepEqual(await opens(stranger.identity), []);
  assert.deepEqual(await openChallenges(challenges, encryption), [], 'the one-time key proves nothing about people');
});

test('what a person read from a challenge counts, and a word that is nobody’s is told', async () => {
  const key = await createOneTimeKey();
  const challenges = await makeChallenges(await openEncryption({ age: [key.recipient] }));
  const [challenge] = challenges;
  assert.ok(challenge !== undefined);
  const [command, ...rest] = challengeCommand(challenge, 'age');
  assert.equal(command, "base64 --decode <<'END' | age --decrypt --identity backup-key.txt");
  assert.equal(rest.slice(0, -1).join(''), challenge.sealed);
  const decryption = await openDecryption({ ageIdentity: key.identity });
  const sealed = Buffer.from(challenge.sealed, 'base64');
  const read: Uint8Array[] = [];
  for await (const chunk of decryption.decrypt(ReadableStream.from([sealed]))) read.push(chunk);
  const word = Buffer.concat(read).toString();
  assert.deepEqual(checkAnswers(challenges, [word, word, 'ops-guess']), { opened: [challenge.recipient], wrong: 1 });
  // One altered byte of what lies in the manifest opens nothing.
  sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
  const altered = [{ ...challenge, sealed: sealed.toString('base64') }];
  assert.deepEqual(await openChallenges(altered, decryption), []);
});
