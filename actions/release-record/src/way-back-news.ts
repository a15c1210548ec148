import type { Runner } from '#action-kit/runner';
import type { Incident } from '#incident/incident';
import type { ReleaseNews } from '#notify/render-release';
import type { ReleaseHandle } from '#release/release-handle';

/** The message about a way back, whether it worked or what it brought back is sick: who, where, links. Pure. */
export function wayBackNews(
  { context }: Pick<Runner, 'context'>,
  handle: ReleaseHandle,
  told: Pick<ReleaseNews, 'phase' | 'summary' | 'phases' | 'details' | 'now'> & {
    incident: Incident | undefined;
    serving: ReleaseNews['serving'] | undefined;
  },
): ReleaseNews {
  const { incident, serving, ...rest } = told;
  return {
    environment: handle.environment,
    version: handle.version,
    repository: handle.repository,
    ...rest,
    links: [
      ...(context.runUrl === '' ? [] : [{ label: 'Run', url: context.runUrl }]),
      ...(incident === undefined ? [] : [{ label: `Incident #${incident.number}`, url: incident.url }]),
    ],
    ...(serving === undefined ? {} : { serving }),
    ...(handle.actor === undefined ? {} : { actor: handle.actor }),
    startedAt: handle.openedAt,
  };
}
