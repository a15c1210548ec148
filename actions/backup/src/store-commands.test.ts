import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InputProblem } from '#action-kit/input-error';
import { commandEnvironment } from './store-commands.ts';

test('what may be secret is masked, a word that logs and outputs say anyway is not', () => {
  const given: Record<string, string> = {
    TOKEN: 'ya29.a0AfH6SM-secret',
    KEY: 'AbCdEfGhIj',
    FOLDER: 'drive',
    ENVIRONMENT: 'production',
    ACCOUNT: '123456789012',
    SPLIT: 'true',
  };
  const masked: string[] = [];
  const problems: InputProblem[] = [];
  const runner = { environment: (name: string) => given[name], mask: (value: string) => masked.push(value) };
  assert.deepEqual(commandEnvironment(runner, Object.keys(given), problems), given);
  assert.deepEqual([masked, problems], [[given.TOKEN, given.KEY], []]);
  commandEnvironment(runner, ['GITHUB_TOKEN', 'ABSENT', 'A-B'], problems);
  assert.deepEqual(
    problems.map(({ given: name, message }) => `${name} ${message}`),
    ['GITHUB_TOKEN is not given to a command', 'ABSENT is not set in env of this step', 'A-B is no name of a variable'],
  );
});
