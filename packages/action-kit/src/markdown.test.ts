import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { codeSpan, escapeMarkdown, link, table } from './markdown.ts';

describe('escapeMarkdown (S14)', () => {
  for (const [given, expected] of [
    ['</details><script>', '&lt;/details&gt;&lt;script&gt;'],
    ['@team and a@b.c', '@&#8203;team and a@&#8203;b.c'],
    ['see #12, !7, gh-3', 'see \\#&#8203;12, \\!7, gh\\-&#8203;3'],
    ['[x](javascript:alert(1))', '\\[x\\]\\(javascript:alert\\(1\\)\\)'],
    ['https://evil.example', 'https:&#8203;//evil.example'],
    ['a\n# b', 'a \\# b'],
    ['a | b', 'a \\| b'],
    ['\u001b[31mred\u202e', 'red'],
    ['&lt;', '&amp;lt;'],
  ] as const) {
    it(`shows ${JSON.stringify(given)} as text`, () => assert.equal(escapeMarkdown(given), expected));
  }

  it('leaves no character with a meaning unescaped, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'<>[]()`*_#@|\\!~$a \n\u001b') }), (given) => {
        const escaped = escapeMarkdown(given).replace(/&(?:lt|gt|amp|#8203);|\\[^\n]/g, ' ');
        // biome-ignore lint/suspicious/noControlCharactersInRegex: its absence is what is tested
        assert.doesNotMatch(escaped, /[<>[\]()`*_#|\\!~$\n\u001b]|@\w/u);
      }),
    );
  });
});

describe('codeSpan', () => {
  it('has a fence longer than any run of backticks inside', () => {
    assert.equal(codeSpan('plain'), '`plain`');
    assert.equal(codeSpan('a ``b`` c'), '```a ``b`` c```');
    assert.equal(codeSpan('`x`'), '`` `x` ``');
    assert.equal(codeSpan(''), '`  `');
    assert.equal(codeSpan('a|b'), '`a\\|b`');
  });
});

it('table keeps a cell with line ends in one row', () => {
  assert.equal(table(['a', 'b'], [['1\n\n2', '3']]), '| a | b |\n| --- | --- |\n| 1 2 | 3 |');
});

it('link leads only to web addresses and cannot be left early', () => {
  assert.equal(link('a]b', 'https://x.example/a(b) c'), '[a\\]b](https://x.example/a%28b%29%20c)');
  assert.equal(link('x', 'javascript:alert(1)'), 'x');
  assert.equal(link('x', 'no address'), 'x');
});
