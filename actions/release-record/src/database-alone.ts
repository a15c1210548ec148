import { isPublic } from '#action-kit/public-repository';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { openIncident } from '#incident/incident';
import { commandOn } from '#release/command-line';
import { attempt } from '#release/finish-release';
import { releaseKey } from '#release/release-handle';
import type { DatabaseStory } from './read-database.ts';
import { type Given, githubOf } from './services.ts';
import { tell } from './tell.ts';
import { wayBackNews } from './way-back-news.ts';
import { settingsOf, withoutRelease } from './without-release.ts';

/** The end of a rollback whose app was back already: only the database went, or was to go. Decision, statements and result go into an incident (DRB-10). */
export async function databaseAlone(runner: Runner, given: Given, database: DatabaseStory): Promise<Result> {
  const settings = await settingsOf(runner, given);
  const { environment, production } = settings;
  const { context } = runner;
  const failed = database.state !== 'done';
  const decision = failed ? (given.databaseDecision ?? 'failed') : 'database-rolled-back';
  const { reasonCode } = database;
  const what = `${given.rollbackSummary ?? ''} ${database.what}`.trim();
  const warnings: string[] = [];
  const now = runner.clock.now();
  const github = githubOf(runner, given);
  const incident =
    github === undefined || given.incident === 'elsewhere'
      ? undefined
      : await attempt(
          warnings,
          'The incident issue could not be opened',
          openIncident(
            github,
            {
              key: releaseKey({ ...context, environment }),
              environment,
              version: 'The database',
              commit: context.sha,
              decision: failed ? decision : 'rolled-back',
              reasonCode,
              what,
              escalation: database.escalation,
              timeline: [{ at: now - database.tookMs, text: 'rollback of the database' }],
              measured: [],
              commands: [
                commandOn({ environment, production }, 'releases'),
                commandOn({ environment, production }, 'unlock'),
              ],
              notes: database.notes,
              runUrl: context.runUrl === '' ? undefined : context.runUrl,
            },
            { everybodyReads: isPublic(context.event) },
          ),
        );
  const phases = [
    { name: 'Take the database back', state: failed ? ('failed' as const) : ('done' as const), detail: database.what },
  ];
  const handle = withoutRelease(runner, settings, 'The database');
  const phase = failed ? ('rollback-failed' as const) : ('rolled-back' as const);
  const told = {
    phase,
    summary: what,
    phases,
    incident,
    serving: undefined,
    now,
    details: [...database.notes, ...warnings],
  };
  await tell(runner, given, settings, wayBackNews(runner, handle, told), undefined);
  for (const warning of warnings) runner.logger.warning(warning);
  return {
    decision,
    reasonCode,
    summary: what,
    failed,
    details: {
      database: database.notes,
      ...(database.escalation === undefined ? {} : { escalation: database.escalation }),
      integrity: { state: database.state, note: database.note, at: now },
      ...(incident === undefined ? {} : { incident: { number: incident.number, url: incident.url } }),
    },
  };
}
