import { registerHooks } from 'node:module';

/** GitHub's own parser and expression packages, as far as the runner uses them. */
export interface GitHubLibraries {
  actions: typeof import('@actions/workflow-parser/actions/index');
  conditions: typeof import('@actions/workflow-parser/model/converter/if-condition');
  guards: typeof import('@actions/workflow-parser/templates/tokens/type-guards');
  trace: typeof import('@actions/workflow-parser/templates/trace-writer');
  expressions: typeof import('@actions/expressions');
}

let loaded: Promise<GitHubLibraries> | undefined;

/** Loads the packages once. They import JSON without import attributes, which plain Node refuses, hence the hook. */
export function loadGitHubLibraries(): Promise<GitHubLibraries> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<GitHubLibraries> {
  const hook = registerHooks({
    load: (url, context, next) =>
      url.endsWith('.json') && url.includes('/@actions/')
        ? next(url, { ...context, importAttributes: { type: 'json' } })
        : next(url, context),
  });
  try {
    const [actions, conditions, guards, trace, expressions, reader, tokens] = await Promise.all([
      import('@actions/workflow-parser/actions/index'),
      import('@actions/workflow-parser/model/converter/if-condition'),
      import('@actions/workflow-parser/templates/tokens/type-guards'),
      import('@actions/workflow-parser/templates/trace-writer'),
      import('@actions/expressions'),
      import('@actions/workflow-parser/workflows/yaml-object-reader'),
      import('@actions/workflow-parser/templates/tokens/string-token'),
    ]);
    readMultiLineScalarsByValue(reader.YamlObjectReader, tokens.StringToken);
    return { actions, conditions, guards, trace, expressions };
  } finally {
    hook.deregister();
  }
}

type StringTokenClass = typeof import('@actions/workflow-parser/templates/tokens/string-token').StringToken;

/**
 * Defect of 0.3.61: a multi-line scalar that contains an expression is read from its raw source, so that its indentation
 * stays and `>` and `|-` are ignored. Given the parsed value as its source, the reader does what the runner does.
 */
function readMultiLineScalarsByValue(reader: object, StringToken: StringTokenClass): void {
  const original = Reflect.get(reader, 'getLiteralToken') as (...values: unknown[]) => unknown;
  Reflect.set(reader, 'getLiteralToken', (...values: unknown[]): unknown => {
    const token = original.apply(reader, values);
    if (!(token instanceof StringToken)) return token;
    const spansLines = token.range !== undefined && token.range.start.line !== token.range.end.line;
    return spansLines
      ? new StringToken(
          token.file,
          token.range,
          token.value,
          token.definitionInfo,
          token.value,
          token.blockScalarHeader,
        )
      : token;
  });
}
