import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EvaluationScope, evaluateCondition, evaluateExpression, evaluateText } from './expressions.ts';

const scope: EvaluationScope = {
  contexts: {
    github: { actor: 'Mona', event: { constructor: 'kept', list: [{ n: 1 }, { n: 2 }], deep: null } },
    inputs: { 'kebab-case': 'v', flag: 'true', zero: '0', empty: '' },
    steps: { one: { outputs: { x: '1' }, outcome: 'failure', conclusion: 'success' } },
    job: { status: 'success' },
    env: new Map([
      ['Path', 'upper'],
      ['path', 'lower'],
    ]),
    matrix: null,
  },
  functions: {
    success: () => true,
    failure: () => false,
    cancelled: () => false,
    hashFiles: (patterns) => patterns.join('+'),
  },
};

const texts: [string, string][] = [
  ["'it''s ''quoted'''", "it's 'quoted'"],
  ['inputs.kebab-case', 'v'],
  ['INPUTS.Flag', 'true'],
  ["inputs.flag == 'TRUE'", 'true'],
  ['inputs.flag == true', 'false'],
  ['inputs.zero == 0', 'true'],
  ['inputs.empty == null', 'true'],
  ['null == 0', 'true'],
  ["'' == 0", 'true'],
  ["'a' < 'B'", 'true'],
  ["'0x10' == 16", 'true'],
  ['steps.two.outputs.x', ''],
  ["steps.two.outputs.x == ''", 'true'],
  ["steps['one'].outputs['x']", '1'],
  ['steps.one.outcome', 'failure'],
  ['github.event.constructor', 'kept'],
  ['fromJSON(\'{"constructor":"also"}\').constructor', 'also'],
  ["join(github.event.list.*.n, '-')", '1-2'],
  ['contains(github.event.list.*.n, 2)', 'true'],
  ["format('{0}{{}}{1}', 'a', 1.50)", 'a{}1.5'],
  ['env.Path', 'upper'],
  ['env.path', 'lower'],
  ['env.PATH', ''],
  ["startsWith(github.actor, 'MO') && 'yes' || 'no'", 'yes'],
  ["inputs.empty || 'fallback'", 'fallback'],
  ['1 && 0', '0'],
  ['!inputs.empty', 'true'],
  ["hashFiles('a', 'b')", 'a+b'],
  ["HASHFILES('a')", 'a'],
  ["case(inputs.empty != '', 'a', inputs.flag == 'true', 'b', 'c')", 'b'],
];

for (const [expression, text] of texts) {
  test(`\${{ ${expression} }} is ${JSON.stringify(text)}`, () => {
    assert.equal(evaluateText({ kind: 'expression', expression }, scope), text);
  });
}

const thrown: [string, RegExp][] = [
  ["fromJSON('')", /empty text/],
  ["fromJSON('{')", /JSON/],
  ["format('{1}', 'a')", /more arguments than were supplied/],
  ['github.event', /gives an object or array where a text is expected/],
  ['secrets.x', /Unrecognized named-value/],
  ['nothing()', /Unrecognized function/],
  ["'open", /Unexpected symbol/],
];

for (const [expression, message] of thrown) {
  test(`\${{ ${expression} }} throws`, () => {
    assert.throws(() => evaluateText({ kind: 'expression', expression }, scope), message);
  });
}

test('a condition takes the truth of GitHub', () => {
  const truths: [string, boolean][] = [
    ['0', false],
    ["''", false],
    ['null', false],
    ["'false'", true],
    ["'0'", true],
    ['NaN', false],
    ['github', true],
  ];
  for (const [expression, truth] of truths) assert.equal(evaluateCondition(expression, scope), truth, expression);
});

test('toJSON shows a context as it is', () => {
  assert.deepEqual(JSON.parse(evaluateExpression('toJSON(steps)', scope).coerceString()), scope.contexts.steps);
});
