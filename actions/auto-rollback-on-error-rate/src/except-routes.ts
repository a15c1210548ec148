import type { InputError } from '#action-kit/input-error';
import type { Rule } from '#config/rules';
import type { EnvironmentSettings, SourceName } from '#config/settings';

/**
 * The routes that the sources leave out of their p95, from the rules about it. A source tells one p95, so all rules about it must
 * leave out the same; where the query is the user's own it must say where. Adds to `problems`.
 */
export function exceptOf(
  rules: readonly Rule[],
  sources: readonly SourceName[],
  observe: EnvironmentSettings['observe'],
  problems: InputError['problems'],
): string[] {
  const lists = rules.flatMap((rule) => (rule.metric === 'p95' ? [rule.except ?? []] : []));
  const except = lists.find((list) => list.length > 0) ?? [];
  if (except.length === 0) return [];
  if (lists.some((list) => list.join() !== except.join())) {
    problems.push({ name: 'rules', message: 'about p95 must all leave out the same routes: a source tells one p95' });
  }
  for (const name of sources) {
    const own = name === 'prometheus' || name === 'grafana' || name === 'datadog' ? observe?.[name]?.p95 : undefined;
    if (own === undefined || own.includes('{except}')) continue;
    const example = name === 'datadog' ? 'resource_name NOT IN ({except})' : 'route!~"{except}"';
    const message = `must say where routes are left out, e.g. ${example}`;
    problems.push({ name: `observe.${name}.p95`, given: own, message });
  }
  return except;
}
