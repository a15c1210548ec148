import type { ConfigProblem } from './config-error.ts';
import { closest } from './did-you-mean.ts';
import { problemAt } from './find-problems.ts';
import { featureOf } from './metric-rule.ts';
import type { EnvironmentLayer } from './ops-schema.ts';
import type { Path } from './read-document.ts';
import type { ReadLayer } from './read-layer.ts';

/** Names in one file that must stand for something in the whole chain: environments, routes, severities, roles. */
export function findCrossProblems({ document, layer }: ReadLayer, chain: readonly ReadLayer[]): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const names = collectNames(chain);
  const parts: [Path, EnvironmentLayer][] = [
    [[], layer],
    ...Object.entries(layer.environments ?? {}).map(([name, part]): [Path, EnvironmentLayer] => [
      ['environments', name],
      part,
    ]),
  ];
  for (const [base, part] of parts) {
    for (const { kind, path, name } of references(part)) {
      if (names[kind].has(name)) continue;
      const known = [...names[kind]];
      const near = closest(name, known);
      const hint = near ? `; did you mean ${near}?` : '';
      const allowed = known.length > 0 ? known.join(', ') : `none is declared under ${declaredUnder[kind]}`;
      problems.push(problemAt(document, [...base, ...path], 'value', `there is no ${kind} "${name}"${hint}`, allowed));
    }
  }
  return problems;
}

type Kind = 'environment' | 'route' | 'severity' | 'role' | 'feature';

const declaredUnder: Record<Kind, string> = {
  environment: 'environments',
  route: 'notifications.routes',
  severity: 'incidents.severities',
  role: 'contacts.roles',
  feature: 'smoke.features',
};

function collectNames(chain: readonly ReadLayer[]): Record<Kind, Set<string>> {
  const names = {
    environment: new Set<string>(),
    route: new Set<string>(),
    severity: new Set<string>(),
    role: new Set<string>(['on-call']),
    feature: new Set<string>(),
  };
  for (const { layer } of chain) {
    for (const name of Object.keys(layer.environments ?? {})) names.environment.add(name);
    for (const part of [layer, ...Object.values(layer.environments ?? {})]) {
      for (const name of Object.keys(part.notifications?.routes ?? {})) names.route.add(name);
      for (const name of Object.keys(part.incidents?.severities ?? {})) names.severity.add(name);
      for (const name of Object.keys(part.contacts?.roles ?? {})) names.role.add(name);
      for (const name of featuresOf(part)) names.feature.add(name);
    }
  }
  return names;
}

function featuresOf({ smoke }: EnvironmentLayer): string[] {
  return typeof smoke === 'object' && 'features' in smoke ? Object.keys(smoke.features ?? {}) : [];
}

function references(part: EnvironmentLayer): { kind: Kind; path: Path; name: string }[] {
  const found: { kind: Kind; path: Path; name: string }[] = [];
  const add = (kind: Kind, path: Path, name: string | undefined) => {
    if (name !== undefined) found.push({ kind, path, name });
  };
  add('environment', ['release', 'requires-passed'], part.release?.['requires-passed']);
  if (part.trigger?.event === 'after') add('environment', ['trigger'], part.trigger.ref);
  for (const [event, route] of Object.entries(part.notifications?.events ?? {}))
    add('route', ['notifications', 'events', event], route);
  for (const [index, alert] of (part.alerts ?? []).entries()) {
    add('route', ['alerts', index, 'route'], alert.route);
    add('severity', ['alerts', index, 'level'], alert.level);
  }
  add('route', ['rollback', 'escalate'], part.rollback?.escalate);
  add('route', ['incidents', 'route'], part.incidents?.route);
  add('route', ['security', 'route'], part.security?.route);
  for (const [index, window] of (part['after-release']?.windows ?? []).entries())
    for (const [at, text] of window.require.entries())
      add('feature', ['after-release', 'windows', index, 'require', at], featureOf(text));
  for (const [index, step] of (part.contacts?.escalation ?? []).entries())
    add('role', ['contacts', 'escalation', index, 'role'], step.role);
  return found;
}
