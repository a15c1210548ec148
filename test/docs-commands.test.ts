import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { type Page, readPages, root } from './docs-pages.ts';

const pages = [...(await readPages()), page('CONTRIBUTING.md'), page('docs/architecture.md')];

function page(file: string): Page {
  return { file, text: readFileSync(join(root, file), 'utf8') };
}

/** A command of ours as a page shows it, in a block or between backticks. */
interface Shown {
  file: string;
  command: string;
  words: string;
}

function commandsOf({ file, text }: Page): Shown[] {
  const oneLine = text.replaceAll(/\\\n\s*/g, ' ');
  const form =
    /(?:(?<=[`\s])ops-actions|npx github:org\/ops-actions#<sha>|bin\/ops-actions\.js|node \$ops) ([a-z]+(?:-[a-z]+)*)([^\n`#]*)/g;
  // Prose says "ops-actions promotes" as well: only what stands in code is a command.
  const code = [...oneLine.matchAll(/```\w*\n[\s\S]*?```|`[^`\n]+`/g)].map(([whole]) => whole).join('\n');
  return [...code.matchAll(form)].map(([, command = '', words = '']) => ({ file, command, words }));
}

const help = new Map<string, Promise<string>>();

function helpOf(command: string): Promise<string> {
  const known = help.get(command);
  if (known) return known;
  const asked = promisify(execFile)(process.execPath, [join(root, 'bin/ops-actions.js'), command, '--help']).then(
    ({ stdout }) => stdout,
  );
  help.set(command, asked);
  return asked;
}

test('every command and option that a page shows exists', async () => {
  const shown = pages.flatMap(commandsOf);
  assert.ok(shown.length > 20, `${shown.length} commands`);
  const mistakes: string[] = [];
  for (const { file, command, words } of shown) {
    const text = await helpOf(command).catch(() => '');
    if (!text.startsWith(`Usage: ops-actions ${command}`)) mistakes.push(`${file}: ops-actions ${command}`);
    for (const [option] of words.matchAll(/--[a-z][a-z-]*/g)) {
      if (!new RegExp(`^ +${option}\\b`, 'm').test(text)) mistakes.push(`${file}: ops-actions ${command} ${option}`);
    }
    if (command === 'run') mistakes.push(...inputMistakes(words).map((mistake) => `${file}: ${mistake}`));
  }
  assert.deepEqual(mistakes, []);
});

/** `run <action> --input name=value`: the action is there and has that input. */
function inputMistakes(words: string): string[] {
  const [, action = ''] = /^ ([\w/-]+)/.exec(words) ?? [];
  const manifest = join(root, action, 'action.yml');
  if (!existsSync(manifest) || action === '') return action === '' ? [] : [`run ${action}`];
  const { inputs } = parse(readFileSync(manifest, 'utf8')) as { inputs: object };
  return [...words.matchAll(/--input(?:-from-env)? "?([\w-]+)=/g)]
    .filter(([, name = '']) => !(name in inputs))
    .map(([, name]) => `run ${action} has no input ${name}`);
}

test('every script of npm that a page shows exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
  const shown = pages.flatMap(({ file, text }) =>
    [...text.matchAll(/npm run ([a-z][\w:-]*)/g)].map(([, name = '']) => ({ file, name })),
  );
  // What an app of a consumer calls its own script is not ours.
  const ours = shown.filter(({ name }) => !/^(test:smoke|smoke|lint|import|migrate)$/.test(name));
  assert.ok(ours.length > 5);
  assert.deepEqual(
    ours.filter(({ name }) => !(name in scripts)),
    [],
  );
});

test('every reason code that a page names is one of the code', async () => {
  const sources: string[] = [];
  for await (const file of glob('{packages,actions}/*/src/**/*.ts', { cwd: root })) {
    if (!file.includes('.test.')) sources.push(readFileSync(join(root, file), 'utf8'));
  }
  const source = sources.join('\n');
  const mistakes = pages.flatMap(({ file, text }) =>
    [...text.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)]
      .map(([, code = '']) => code)
      .filter((code) => !source.includes(`'${code}'`))
      .map((code) => `${file}: ${code}`),
  );
  assert.deepEqual(mistakes, []);
});

test('every file that a page points to is there', () => {
  const mistakes = pages.flatMap(({ file, text }) =>
    [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map(([, path = '']) => path)
      .filter((path) => !existsSync(join(root, dirname(file), path)))
      .map((path) => `${file}: ${path}`),
  );
  assert.deepEqual(mistakes, []);
});

test('every heading that a page points to is there', () => {
  const texts = new Map(pages.map(({ file, text }) => [file, text]));
  const links = pages.flatMap(({ file, text }) =>
    [...text.matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)].map(([, path = '', heading = '']) => ({
      file,
      target: path === '' ? file : join(dirname(file), path),
      heading,
    })),
  );
  assert.ok(links.length > 50, `${links.length} links`);
  const mistakes = links.filter(({ target, heading }) => !headingsOf(texts.get(target) ?? '').includes(heading));
  assert.deepEqual(mistakes, []);
});

/** Names of the headings of a page, as GitHub makes them. */
function headingsOf(text: string): string[] {
  return [...text.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
