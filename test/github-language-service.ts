import { existsSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..');
let service: Promise<typeof import('@actions/languageservice')> | undefined;

async function load(): Promise<typeof import('@actions/languageservice')> {
  // The package imports JSON without import attributes, which plain Node refuses.
  const hook = registerHooks({
    load: (url, context, next) =>
      url.endsWith('.json') ? next(url, { ...context, importAttributes: { type: 'json' } }) : next(url, context),
  });
  const loaded = await import('@actions/languageservice');
  hook.deregister();
  return loaded;
}

/** Messages of GitHub's own validator, with lines; `$/` and our own full references are read from this repository. */
export async function problemsOf(file: string, text: string): Promise<string[]> {
  service ??= load();
  const { validate } = await service;
  const document = TextDocument.create(`file:///${file}`, 'yaml', 1, text);
  const diagnostics = await validate(document, {
    fileProvider: {
      getFileContent: async (reference) => {
        const isOwn =
          !('repository' in reference) || `${reference.owner}/${reference.repository}` === 'org/ops-actions';
        const path = join(root, reference.path);
        if (!isOwn || !existsSync(path)) throw new Error(`${reference.path} does not exist`);
        return { name: reference.path, content: readFileSync(path, 'utf8') };
      },
    },
    actionsMetadataProvider: {
      fetchActionMetadata: async ({ owner, name, path }) => {
        if (`${owner}/${name}` !== 'org/ops-actions') return { name, description: 'of another repository' };
        const manifest = join(root, path ?? '', 'action.yml');
        return existsSync(manifest) ? parse(readFileSync(manifest, 'utf8')) : undefined;
      },
    },
  });
  return diagnostics.map(({ range, message }) => `${file}:${range.start.line + 1}: ${message}`);
}
