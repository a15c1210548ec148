import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandError, splitCommand } from './split-command.ts';

const values = { environment: 'production', url: "https://a.example/x y;'$(id)" };

const direct: [string, string[]][] = [
  ['npm run test:smoke -- --env=production', ['npm', 'run', 'test:smoke', '--', '--env=production']],
  [
    'npm run smoke -- --env={environment} --url={url}',
    ['npm', 'run', 'smoke', '--', '--env=production', `--url=${values.url}`],
  ],
  [`  run  'two words' "and \\"more\\"" a\\ b ''  `, ['run', 'two words', 'and "more"', 'a b', '']],
];
for (const [given, words] of direct) {
  test(`${given.trim()} runs without a shell`, () => {
    const [command, ...args] = words;
    assert.deepEqual(splitCommand(given, values), { command, args });
  });
}

for (const given of ['a && b', 'a | b', 'echo $HOME', 'echo "$HOME"', 'A=1 b', 'ls *.ts', 'a; b', 'a\nb']) {
  test(`${JSON.stringify(given)} needs the shell`, () => {
    assert.deepEqual(splitCommand(given, values), { command: 'sh', args: ['-c', given] });
  });
}

test('a value that means something to a shell is refused there', () => {
  assert.throws(() => splitCommand('a && curl {url}', values), CommandError);
  assert.deepEqual(splitCommand('a && b {environment}', values), {
    command: 'sh',
    args: ['-c', 'a && b production'],
  });
});

test('an open quote is refused', () => {
  assert.throws(() => splitCommand('echo "open', values), /open " quote/);
  assert.throws(() => splitCommand("echo 'open", values), CommandError);
});
