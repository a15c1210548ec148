import { codeSpan, escapeMarkdown, table } from '#action-kit/markdown';
import { buildLockTree, type LockTree } from '#postgres/doctor/build-lock-tree';
import type { TableGrowth } from '#postgres/doctor/compare-sizes';
import type { DatabaseReport, Policy, Section, Session, TableState } from '#postgres/doctor/database-report';
import { countBy, type Finding } from '#postgres/doctor/diagnose';
import type { Treatment } from './act.ts';
import type { GlanceValue } from './at-a-glance.ts';

/** The report as Markdown; everything that came from the database goes through the escaper (S14). */
export function renderReport(
  report: DatabaseReport,
  findings: readonly Finding[],
  beside: {
    treatment?: Treatment | undefined;
    growth?: readonly TableGrowth[] | undefined;
    glance?: readonly GlanceValue[] | undefined;
  } = {},
): string {
  const { treatment, growth, glance = [] } = beside;
  return [
    `## Database ${escapeMarkdown(report.database)}`,
    serverLine(report),
    ...(glance.length === 0 ? [] : [glanceTable(glance)]),
    findingsPart(findings),
    ...(treatment === undefined ? [] : [treatmentPart(treatment)]),
    ...part('Who blocks whom', report.sessions, lockPart),
    ...part('Connections', report.sessions, (sessions) => connectionsPart(report, sessions)),
    ...part('Queries that run', report.sessions, runningPart),
    ...part('Slowest queries on average', report.slowQueries, (queries) =>
      table(
        ['mean', 'calls', 'total', 'query'],
        queries
          .slice(0, 10)
          .map((one) => [
            `${one.meanMs.toFixed(1)} ms`,
            String(one.calls),
            `${Math.round(one.totalMs)} ms`,
            codeSpan(one.query, 300),
          ]),
      ),
    ),
    ...part('Largest tables', report.tables, (tables) => tablesPart(tables, growth)),
    ...part('Policies', report.policies, policiesPart),
  ].join('\n\n');
}

function part<T extends readonly unknown[]>(title: string, section: Section<T>, body: (value: T) => string): string[] {
  if (!section.read) return [`### ${title}`, `not read: ${escapeMarkdown(section.reason)}`];
  return section.value.length === 0 ? [] : [`### ${title}`, body(section.value)].filter((text) => text !== '');
}

function tablesPart(tables: readonly TableState[], growth: readonly TableGrowth[] | undefined): string {
  const grown = (schema: string, name: string): string => {
    const found = growth?.find((one) => one.schema === schema && one.table === name);
    if (found === undefined || found.isNew) return found === undefined ? '' : 'new';
    const { grownBytes } = found;
    return grownBytes === undefined
      ? 'not comparable'
      : `${grownBytes >= 0 ? '+' : ''}${(grownBytes / 1e6).toFixed(1)} MB`;
  };
  return table(
    ['table', 'size', ...(growth ? ['since the last report'] : []), 'rows', 'dead rows', 'row level security'],
    tables
      .slice(0, 20)
      .map((one) => [
        codeSpan(`${one.schema}.${one.table}`),
        `${(one.bytes / 1e6).toFixed(1)} MB${one.estimated ? ' (estimate)' : ''}`,
        ...(growth ? [grown(one.schema, one.table)] : []),
        String(Math.round(one.liveRows)),
        String(Math.round(one.deadRows)),
        one.rowSecurity ? `on, ${one.policies} policies` : 'off',
      ]),
  );
}

const mostPolicies = 50;

function policiesPart(policies: readonly Policy[]): string {
  const rows = policies
    .slice(0, mostPolicies)
    .map((one) => [
      codeSpan(`${one.schema}.${one.table}`),
      escapeMarkdown(one.policy),
      `${escapeMarkdown(one.command)}${one.permissive ? '' : ' (restrictive)'}`,
      escapeMarkdown(one.roles.join(', ')),
    ]);
  const more = policies.length > mostPolicies ? `\n\nand ${policies.length - mostPolicies} more` : '';
  return `${table(['table', 'policy', 'for', 'roles'], rows)}${more}`;
}

/** The eight values of a database at a glance. */
export function glanceTable(values: readonly GlanceValue[]): string {
  return table(
    ['at a glance', ''],
    values.map(({ name, value }) => [name, escapeMarkdown(value)]),
  );
}

function serverLine({ server }: DatabaseReport): string {
  return server.read
    ? `PostgreSQL ${escapeMarkdown(server.value.version)}, up for ${Math.round(server.value.uptimeSeconds / 3600)} h, ${(server.value.databaseBytes / 1e6).toFixed(0)} MB, ${server.value.inRecovery ? 'a replica' : 'primary'}, ${server.value.readOnly ? '**read-only**' : 'writable'}`
    : `state of the server not read: ${escapeMarkdown(server.reason)}`;
}

const signs = { critical: '🔴', warning: '🟡', notice: '⚪' };

function findingsPart(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'Nothing found.';
  return table(
    ['', 'finding', 'next'],
    findings.map((one) => [signs[one.severity], escapeMarkdown(one.message), escapeMarkdown(one.next)]),
  );
}

function treatmentPart({ plan, outcomes }: Treatment): string {
  const rows = plan.signals.map((planned) => {
    const done = outcomes.find(({ session }) => session.pid === planned.session.pid)?.outcome ?? 'planned';
    return [nameOf(planned.session), planned.signal, done];
  });
  const spared = plan.spared.map(({ session, reason }) => [nameOf(session), 'spared', escapeMarkdown(reason)]);
  return `### What was done\n\n${table(['session', 'signal', 'outcome'], [...rows, ...spared])}`;
}

function nameOf({ pid, application, user }: Session): string {
  return escapeMarkdown(`${pid} (${application || 'no application name'} as ${user || 'nobody'})`);
}

function lockPart(sessions: readonly Session[]): string {
  const line = (tree: LockTree, depth: number): string[] => {
    const { session } = tree;
    const text =
      session === undefined
        ? escapeMarkdown(tree.pid === 0 ? 'a prepared transaction' : String(tree.pid))
        : `${nameOf(session)}, ${escapeMarkdown(session.state)}, ${codeSpan(session.query, 200)}`;
    const cycle = tree.cycle ? ' (a deadlock)' : '';
    return [`${'  '.repeat(depth)}- ${text}${cycle}`, ...tree.waiters.flatMap((waiter) => line(waiter, depth + 1))];
  };
  return buildLockTree(sessions)
    .flatMap((tree) => line(tree, 0))
    .join('\n');
}

function connectionsPart({ connectionLimit }: DatabaseReport, sessions: readonly Session[]): string {
  const clients = sessions.filter(({ backendType }) => backendType === 'client backend');
  const limit = connectionLimit.read
    ? `${clients.length + 1} of ${connectionLimit.value.maximum - connectionLimit.value.reserved} that ordinary users can take`
    : `${clients.length + 1}; the limit could not be read`;
  const groups = countBy(clients, (one) =>
    [one.state, one.database, one.user, one.application || 'no application name']
      .map((cell) => escapeMarkdown(cell))
      .join(' | '),
  );
  const rows = groups.slice(0, 20).map(({ key, count }) => [String(count), ...key.split(' | ')]);
  return `${limit}\n\n${table(['connections', 'state', 'database', 'user', 'application'], rows)}`;
}

function runningPart(sessions: readonly Session[]): string {
  const running = sessions
    .filter(({ backendType, state }) => backendType === 'client backend' && state !== 'idle')
    .sort((one, other) => (other.querySeconds ?? 0) - (one.querySeconds ?? 0))
    .slice(0, 10);
  if (running.length === 0) return 'none';
  return table(
    ['session', 'state', 'for', 'waits for', 'query'],
    running.map((one) => [
      nameOf(one),
      escapeMarkdown(one.state),
      `${Math.round(one.querySeconds ?? 0)} s`,
      escapeMarkdown(one.waitsFor ?? ''),
      codeSpan(one.query, 200),
    ]),
  );
}
