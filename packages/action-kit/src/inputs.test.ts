import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  duration,
  flag,
  githubToken,
  InputError,
  integer,
  list,
  oneOf,
  rate,
  readInputs,
  secret,
  text,
  tryInputs,
} from './inputs.ts';
import { createRunner } from './runner.ts';

const definitions = {
  name: text({ required: true }),
  urls: list(),
  timeout: duration('10s'),
  limit: rate(),
  consecutive: integer({ min: 1, max: 10, default: 3 }),
  staged: flag(false),
  mode: oneOf(['auto', 'observe'], { default: 'auto' }),
  'vercel-token': secret(),
};

function runnerWith(given: Record<string, string>): { lines: string[]; runner: ReturnType<typeof createRunner> } {
  const lines: string[] = [];
  const environment = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
  return { lines, runner: createRunner({ environment, write: (line) => lines.push(line) }) };
}

describe('readInputs', () => {
  test('gives typed values under camelCase names, and the defaults', () => {
    const { runner } = runnerWith({ name: 'x', urls: 'a\n\n# no\n b ', limit: '2%', staged: 'TRUE' });
    assert.deepEqual(readInputs(runner, definitions), {
      name: 'x',
      urls: ['a', 'b'],
      timeout: 10_000,
      limit: 0.02,
      consecutive: 3,
      staged: true,
      mode: 'auto',
    });
  });

  test('lists every mistake at once, with what is allowed, and never a secret', () => {
    const { runner } = runnerWith({
      timeout: '10 parsecs',
      limit: '200%',
      consecutive: '11',
      staged: 'yes',
      mode: 'yolo',
      'vercel-token': 'abc',
    });
    assert.throws(
      () => readInputs(runner, definitions),
      (error) => {
        assert.ok(error instanceof InputError);
        const names = error.problems.map((problem) => problem.name);
        assert.deepEqual(names, ['name', 'timeout', 'limit', 'consecutive', 'staged', 'mode', 'vercel-token']);
        assert.match(error.message, /mode: is not one of the known words \(given: "yolo"\)\. Allowed: auto, observe/);
        assert.doesNotMatch(error.message, /"abc"/);
        return true;
      },
    );
  });

  test('a secret that GitHub left empty counts as not given and masks nothing (S15)', () => {
    const needed = { 'vercel-token': secret({ required: true }), 'github-token': githubToken() };
    for (const empty of ['', '  ', ' \n']) {
      const { runner, lines } = runnerWith({ name: 'x', 'vercel-token': empty, 'github-token': empty });
      assert.equal(readInputs(runner, definitions).vercelToken, undefined);
      const { values, problems } = tryInputs(runner, needed);
      assert.deepEqual(values, {});
      assert.deepEqual(
        problems.map(({ name, message }) => `${name} ${message}`),
        ['vercel-token is required and was not given'],
      );
      runner.mask(empty);
      runner.logger.info('an ordinary line');
      assert.deepEqual(lines, ['an ordinary line']);
    }
  });

  test('masks a secret before anything is said, and the password inside an address', () => {
    const { runner, lines } = runnerWith({ name: 'x', 'vercel-token': 'postgres://u:p%40ss-word@db:5432/x' });
    readInputs(runner, definitions);
    assert.deepEqual(lines, [
      '::add-mask::postgres://u:p%2540ss-word@db:5432/x',
      '::add-mask::p%2540ss-word',
      '::add-mask::p@ss-word',
    ]);
  });

  test('masks a password in every form in which an address that is made of it, or changed, carries it', () => {
    const masks = (value: string) => {
      const { runner, lines } = runnerWith({ name: 'x', 'vercel-token': value });
      readInputs(runner, definitions);
      return lines.map((line) => decodeURIComponent(line.replace('::add-mask::', '')));
    };
    assert.deepEqual(masks('p@ss/w:rd'), ['p@ss/w:rd', 'p%40ss%2Fw%3Ard']);
    const changed = new URL('postgres://u:p^$s|w@db/x?password=q!^w+rd');
    changed.searchParams.set('options', '-c x=1');
    const href = changed.href.replaceAll('+', '%20');
    assert.equal(href, 'postgres://u:p%5E$s%7Cw@db/x?password=q%21%5Ew%20rd&options=-c%20x%3D1');
    const address = masks('postgres://u:p^$s|w@db/x?password=q!^w+rd');
    assert.deepEqual(address.slice(1), ['p^$s|w', 'p%5E$s%7Cw', 'q!^w+rd', 'q!^w rd', 'q%21%5Ew%20rd']);
  });
});

test('foreign text never becomes a command', () => {
  const { runner, lines } = runnerWith({});
  runner.logger.info('::stop-commands::x\n  ::add-mask::y\n##[error]z\nok\u001b[31m\u202e');
  runner.logger.warning('::set-output name=a::b\n::error::c');
  for (const line of lines.slice(0, 4)) assert.doesNotMatch(line, /^\s*::|##\[/);
  assert.equal(lines.length, 5);
  assert.match(lines[4] ?? '', /^::warning::[^\n]*$/);
});

test('tryInputs takes the default of what cannot be used and hands the problems back', () => {
  const { runner } = runnerWith({ name: 'x', mode: 'maybe', timeout: 'soon', 'vercel-token': 'abc' });
  const { values, problems } = tryInputs(runner, definitions);
  assert.deepEqual([values.mode, values.timeout, values.vercelToken], ['auto', 10_000, undefined]);
  assert.deepEqual(
    problems.map(({ name }) => name),
    ['timeout', 'mode', 'vercel-token'],
  );
});
