import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { appendOutput, appendSummary } from './runner-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'runner-files-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const limit = 900 * 1024;

describe('the job summary (trap 43)', () => {
  it('is cut at 900 KiB counted in bytes, at a whole character, and says so', () => {
    const file = join(folder, 'large');
    appendSummary(file, 'é'.repeat(limit));
    const bytes = readFileSync(file);
    assert.ok(bytes.length <= limit && bytes.length > limit - 10, `${bytes.length}`);
    assert.match(bytes.toString('utf8'), /^é+\n\n\*The rest of this summary was cut/);
  });

  it('counts what this step wrote before, and adds nothing to a full one', () => {
    const file = join(folder, 'full');
    appendSummary(file, 'a'.repeat(limit - 50));
    appendSummary(file, 'b'.repeat(100));
    assert.equal(readFileSync(file, 'utf8').includes('b'), false);
    appendSummary(file, 'short');
    assert.match(readFileSync(file, 'utf8'), /a\nshort\n$/);
  });
});

it('an output cannot end its own block, whatever it holds', () => {
  const file = join(folder, 'output');
  writeFileSync(file, '');
  appendOutput(file, 'one', 'x\nghadelimiter_0\ntwo<<EOF\ny\nEOF');
  const [head = '', ...rest] = readFileSync(file, 'utf8').split('\n');
  const delimiter = head.slice('one<<'.length);
  assert.match(delimiter, /^ghadelimiter_[0-9a-f-]{36}$/);
  assert.equal(rest.indexOf(delimiter), rest.length - 2);
});
