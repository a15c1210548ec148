/** Reads `$.checks.database`, `$.items[0].id` or `$['odd name']` from parsed JSON; undefined where nothing is there. */
export function readJsonPath(document: unknown, path: string): unknown {
  let value = document;
  for (const key of jsonPathKeys(path)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** The keys of a JSON path; throws SyntaxError that names the path and the allowed form. */
export function jsonPathKeys(path: string): string[] {
  const keys: string[] = [];
  let rest = path.startsWith('$') ? path.slice(1) : `.${path}`;
  while (rest !== '') {
    const step = /^\.([^.[\]]+)|^\[(\d+)\]|^\['([^']*)'\]|^\["([^"]*)"\]/.exec(rest);
    if (!step) throw new SyntaxError(`"${path}" is not a JSON path; write e.g. $.status or $.checks[0].name`);
    keys.push(step[1] ?? step[2] ?? step[3] ?? step[4] ?? '');
    rest = rest.slice(step[0].length);
  }
  return keys;
}
