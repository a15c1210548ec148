import { type Node, type ObjectExpression, parse, type VariableDeclarator } from 'acorn';

/**
 * Puts the module functions of a bundle back into the parentheses that webpack writes around them and minification drops.
 * They are what makes V8 compile a function as it reads it (https://v8.dev/blog/preparser#pife): without them it skims
 * each module, and reads it again when it runs. Pure.
 */
export function withEagerModules(code: string): string {
  const program = parse(code, { ecmaVersion: 'latest', sourceType: 'module' });
  let eager = '';
  let written = 0;
  for (const { start, end } of program.body.flatMap(declarators).flatMap(moduleFunctions)) {
    eager += `${code.slice(written, start)}(${code.slice(start, end)})`;
    written = end;
  }
  return eager + code.slice(written);
}

/** The entry holds its modules in a variable of its own, a chunk exports them. */
function declarators(
  statement: Node & { declaration?: Node | null; declarations?: VariableDeclarator[] },
): VariableDeclarator[] {
  const declared: typeof statement =
    statement.type === 'ExportNamedDeclaration' ? (statement.declaration ?? statement) : statement;
  return declared.declarations ?? [];
}

/** By number; what has a name is no module. */
function moduleFunctions({ init }: VariableDeclarator): Node[] {
  if (init?.type !== 'ObjectExpression') return [];
  return (init as ObjectExpression).properties.flatMap((property) =>
    property.type === 'Property' &&
    property.key.type === 'Literal' &&
    typeof property.key.value === 'number' &&
    property.kind === 'init' &&
    !property.method &&
    (property.value.type === 'ArrowFunctionExpression' || property.value.type === 'FunctionExpression')
      ? [property.value]
      : [],
  );
}
