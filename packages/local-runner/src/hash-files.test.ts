import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { hashFiles } from './hash-files.ts';

const base = mkdtempSync(join(tmpdir(), 'hash-files-'));
const workspace = join(base, 'w');

before(() => {
  const files = {
    'b/.hidden/x.txt': 'x',
    'b/a.txt': 'a',
    'b.txt': 'b',
    'a-dir/1.txt': '1',
    'a/2.txt': '2',
    'a.txt': '3',
    '../out.txt': 'out',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), text);
  }
  symlinkSync('b.txt', join(workspace, 'link.txt'));
});
after(() => rmSync(base, { recursive: true, force: true }));

/** What the script that ships with actions/runner 2.336 (layoutbin/hashFiles) printed for the same tree. */
const observed: [string[], string][] = [
  [['b.txt'], '39361160903c6695c6804b7157c7bd10013e9ba89b1f954243bc8e3990b08db9'],
  [['**/*.txt'], '7b584cd7832ab221ff8cba7383de6bdea8c5ca0fe961efe38fba0c045a8c78c0'],
  [['b'], '9f1b57822eeed565bbf69e9ae8381f8d873aa5761388fb14ed6b64a5eb9a7d78'],
  [['**'], '7b584cd7832ab221ff8cba7383de6bdea8c5ca0fe961efe38fba0c045a8c78c0'],
  [['**/*.txt', '!b/**'], 'c120b791fddeba1d1282365a71e8fa7ddf85d8639745bf4afd14249517dd748a'],
  [['b/*\na/*'], '4904b0ed66a47bfd8c5c86b28ec0090ad20212ae5dda542917f596c3dd2f0155'],
  [['*.txt'], '8c6bd5b86079aba107c3aeb87692c317d2392e24420f9c5f6bee5cb111b724b0'],
  [['link.txt'], '39361160903c6695c6804b7157c7bd10013e9ba89b1f954243bc8e3990b08db9'],
  [['../out.txt'], ''],
  [['b/**/x.txt'], '0a325ca303eb3014c43ae004970f343634db176fa1697bcc8c9efac94626488d'],
  [['!a.txt', '**'], '7b584cd7832ab221ff8cba7383de6bdea8c5ca0fe961efe38fba0c045a8c78c0'],
  [['nothing/**'], ''],
];

for (const [patterns, digest] of observed) {
  test(`hashFiles(${patterns.map((pattern) => JSON.stringify(pattern)).join(', ')}) is what the runner's script gives`, () => {
    assert.equal(hashFiles(workspace, patterns), digest);
  });
}

test('an unknown option is refused by name', () => {
  assert.throws(() => hashFiles(workspace, ['--fast', '**']), /Invalid glob option --fast/);
});
