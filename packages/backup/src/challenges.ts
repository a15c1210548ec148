import { createHash, randomBytes } from 'node:crypto';
import type { Decryption, Encryption } from './encryption.ts';
import { oneChunk } from './one-chunk.ts';

/** A random word that one recipient's key alone can read; whoever says it holds that key (S27). */
export interface Challenge {
  /** Fingerprint of the recipient. */
  recipient: string;
  /** The encrypted word, base64. */
  sealed: string;
  /** Hex SHA-256 of the word, which has 128 random bits: the digest does not help to guess it. */
  answer: string;
}

/** One for each recipient: a backup that opens with a one-time key does not prove that anybody holds the real ones. */
export async function makeChallenges(encryption: Pick<Encryption, 'fingerprints' | 'encryptTo'>): Promise<Challenge[]> {
  const made: Challenge[] = [];
  for (const [index, recipient] of encryption.fingerprints.entries()) {
    const word = `ops-${randomBytes(16).toString('hex')}`;
    const sealed = await collect(encryption.encryptTo(index, oneChunk(`${word}\n`)));
    made.push({ recipient, sealed: sealed.toString('base64'), answer: digest(word) });
  }
  return made;
}

/** Fingerprints of the recipients whose challenge this private key opens. */
export async function openChallenges(
  challenges: readonly Challenge[],
  decryption: Pick<Decryption, 'decrypt'>,
): Promise<string[]> {
  const opened: string[] = [];
  for (const { recipient, sealed, answer } of challenges) {
    // A key that is another one's does not open it; that is an answer, and the programs say it in many ways.
    const word = await collect(decryption.decrypt(oneChunk(Buffer.from(sealed, 'base64')))).catch(() => undefined);
    if (word !== undefined && digest(word.toString('utf8').trim()) === answer) opened.push(recipient);
  }
  return opened;
}

/** What people read from their challenges: whose it was, and how many words were nobody's. Pure. */
export function checkAnswers(
  challenges: readonly Challenge[],
  answers: readonly string[],
): { opened: string[]; wrong: number } {
  const found = answers.map((word) => challenges.find(({ answer }) => answer === digest(word.trim()))?.recipient);
  const opened = [...new Set(found.filter((recipient) => recipient !== undefined))];
  return { opened, wrong: found.filter((recipient) => recipient === undefined).length };
}

/** What the holder of a key types to read the word, line by line. Pure. */
export function challengeCommand(challenge: Challenge, encryption: 'age' | 'gpg'): string[] {
  const decrypt = encryption === 'age' ? 'age --decrypt --identity backup-key.txt' : 'gpg --decrypt';
  // A manifest is text in a store: nothing but base64 of it reaches somebody's shell.
  const sealed = challenge.sealed.replaceAll(/[^\w+/=]/g, '');
  return [`base64 --decode <<'END' | ${decrypt}`, ...(sealed.match(/.{1,76}/g) ?? []), 'END'];
}

function digest(word: string): string {
  return createHash('sha256').update(word).digest('hex');
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
