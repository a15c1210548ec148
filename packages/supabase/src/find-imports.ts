/** What an import map gives: prefixes and what stands for them. */
export type Imports = Readonly<Record<string, string>>;

const importPattern =
  /(?:\bimport|\bexport)\s+(?:type\s+)?(?:[\w$*{}\s,]+?\s+from\s*)?['"]([^'"\n]+)['"]|\bimport\(\s*['"]([^'"\n]+)['"]/g;

/**
 * Local files that a module names, relative to the repository root: relative specifiers, after the import map, as
 * supabase/cli collects them (pkg/function/deno.go). A specifier without an extension is no file. What stands in a comment
 * may be named too: a file too many does no harm, and a missing one is only reported when the bundle fails. Pure.
 */
export function findImports(path: string, text: string, imports: Imports): string[] {
  const found = [...text.matchAll(importPattern)].flatMap(([, from, dynamic]) => {
    const specifier = (from ?? dynamic ?? '').trim();
    const key = Object.keys(imports)
      .filter((prefix) => specifier === prefix || (prefix.endsWith('/') && specifier.startsWith(prefix)))
      .toSorted((a, b) => b.length - a.length)[0];
    const mapped = key === undefined ? undefined : `${imports[key]}${specifier.slice(key.length)}`;
    const target = mapped ?? (/^\.\.?\//.test(specifier) ? join(folderOf(path), specifier) : undefined);
    if (target === undefined || /^[a-z][a-z+.-]*:/i.test(target)) return [];
    return /\.\w+$/.test(target) ? [join('', target)] : [];
  });
  return [...new Set(found)];
}

/** The imports of a deno.json or import map, their relative targets from the repository root. Pure. @throws SyntaxError. */
export function readImportMap(path: string, text: string): { imports: Imports; reference?: string } {
  const data = JSON.parse(withoutComments(text)) as { imports?: Record<string, unknown>; importMap?: unknown };
  const entries = Object.entries(data.imports ?? {}).flatMap(([key, target]) => {
    if (typeof target !== 'string') return [];
    const local = /^\.\.?\//.test(target)
      ? `${join(folderOf(path), target)}${target.endsWith('/') ? '/' : ''}`
      : target;
    return [[key, local] as const];
  });
  const imports = Object.fromEntries(entries);
  // deno.json may point to the map (denoland/deno, config-file.v1.json).
  const reference = entries.length === 0 && typeof data.importMap === 'string' ? data.importMap : undefined;
  return { imports, ...(reference === undefined ? {} : { reference: join(folderOf(path), reference) }) };
}

/** Comments and trailing commas of a .jsonc out; strings stay as they are. */
function withoutComments(text: string): string {
  const strings = /"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  const plain = text.replace(strings, (token) => (token.startsWith('"') ? token : ''));
  return plain.replace(/"(?:[^"\\\n]|\\.)*"|,(?=\s*[}\]])/g, (token) => (token.startsWith('"') ? token : ''));
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Joins with slashes and takes `.` and `..` out; what leaves the root keeps its `..` and is refused where files are read. */
function join(folder: string, path: string): string {
  const parts: string[] = [];
  for (const part of `${folder}/${path}`.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}
