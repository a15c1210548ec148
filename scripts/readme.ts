import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parse } from 'yaml';

/** `npm run readme` fills the tables of every README from `action.yml`; `--check` only compares and names what is stale. */
const root = join(import.meta.dirname, '..');
const check = process.argv.includes('--check');

interface ActionFile {
  name: string;
  description?: string;
  inputs?: Record<string, { description?: string; required?: boolean; default?: unknown }>;
  outputs?: Record<string, { description?: string }>;
}

const names = (await readdir(join(root, 'actions'))).filter((name) =>
  existsSync(join(root, 'actions', name, 'action.yml')),
);
const folders = ['deploy', 'rollback', ...names.sort().map((name) => `actions/${name}`)];
const mistakes: string[] = [];
const catalogue: string[] = ['| use | what it does |', '|---|---|'];
for (const folder of folders) {
  const action = parse(await readFile(join(root, folder, 'action.yml'), 'utf8')) as ActionFile;
  for (const [kind, entries] of Object.entries({ input: action.inputs ?? {}, output: action.outputs ?? {} })) {
    for (const [name, entry] of Object.entries(entries)) {
      if (!entry.description) mistakes.push(`${folder}/action.yml: ${kind} ${name} has no description`);
    }
  }
  catalogue.push(`| [\`${folder}\`](${folder}/) | ${cell(action.description ?? '')} |`);
  await fill(join(root, folder, 'README.md'), { inputs: inputTable(action), outputs: outputTable(action) });
}
await fill(join(root, 'README.md'), { catalogue: catalogue.join('\n') });
for (const mistake of mistakes) process.stderr.write(`${mistake}\n`);
process.exitCode = mistakes.length === 0 ? 0 : 1;

function inputTable(action: ActionFile): string {
  const rows = Object.entries(action.inputs ?? {}).map(([name, input]) => {
    const standard = input.default === undefined ? '' : `\`${cell(String(input.default)) || ' '}\``;
    return `| \`${name}\`${input.required ? ' (required)' : ''} | ${standard} | ${cell(input.description ?? '')} |`;
  });
  return ['| input | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

function outputTable(action: ActionFile): string {
  const rows = Object.entries(action.outputs ?? {}).map(
    ([name, output]) => `| \`${name}\` | ${cell(output.description ?? '')} |`,
  );
  return ['| output | meaning |', '|---|---|', ...rows].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ').trim();
}

async function fill(file: string, tables: Record<string, string>): Promise<void> {
  const name = relative(root, file);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    mistakes.push(`${name} does not exist`);
    return;
  }
  let filled = text;
  for (const [key, table] of Object.entries(tables)) {
    const start = `<!-- ${key}-start -->`;
    const end = `<!-- ${key}-end -->`;
    const from = filled.indexOf(start);
    const until = filled.indexOf(end);
    if (from === -1 || until < from) {
      mistakes.push(`${name} lacks the markers ${start} … ${end}`);
      continue;
    }
    filled = `${filled.slice(0, from + start.length)}\n${table}\n${filled.slice(until)}`;
  }
  if (filled === text) return;
  if (check) mistakes.push(`${name} is stale: run npm run readme`);
  else await writeFile(file, filled);
}
