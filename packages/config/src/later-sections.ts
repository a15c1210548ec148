import { z } from 'zod';
import { metricRule } from './metric-rule.ts';
import { scenarioSteps } from './settings.ts';
import {
  address,
  duration,
  flag,
  integer,
  named,
  oneOf,
  oneOrMore,
  pattern,
  repositoryPath,
  sqlQuery,
  text,
} from './values.ts';

// Everything in this file may be written and is checked; not-acted-on.ts lists it, and every run that reads it says so.

const list = <S extends z.ZodType>(item: S) => z.array(item);
const names = () => list(text('a name'));
const routeName = () => text('the name of a route under notifications.routes');
const level = () => text('a severity under incidents.severities');
const variableName = () => pattern(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable');

/** What must be measured or confirmed before a release. */
export const checklist = z.strictObject({
  approvals: integer(0, 20)
    .optional()
    .meta({ description: 'Approvals that the pull request of a commit needs before production.' }),
  'dismiss-stale-approvals': flag()
    .optional()
    .meta({ description: 'Count approvals of the last commit of the pull request only.' }),
  automatic: names().optional(),
  confirm: names().optional(),
});

/** Further rules and limits of the way back. */
export const rollback = z.strictObject({
  rules: list(
    z.strictObject({
      when: metricRule(),
      do: list(oneOf(scenarioSteps)),
    }),
  )
    .optional()
    .meta({
      description:
        'Scenarios that a person dispatches by their name (input scenario): the steps are recorded in this order. Nothing starts one by itself.',
    }),
  'fix-forward-limit': duration().optional().meta({
    description:
      'How long a newer release may take to mend a breach that the watch leaves to people, and the time that a refused rollback of the database names. Default: none.',
  }),
  'after-fix-forward': oneOf(['propose', 'rollback']).optional().meta({
    description:
      'What reconcile does when that time is over: propose (the default, people are told again) or rollback.',
  }),
  escalate: routeName().optional().meta({
    description:
      'Route under notifications.routes whose Slack channels are told as well, once, where a rollback failed or what it restored is sick.',
  }),
  app: z
    .strictObject({
      method: oneOf(['vercel-rollback', 'promote'], {
        else: 'a revert by Git is a release of its own, by revert.yml or "ops-actions revert" (docs/how-to/revert.md)',
      })
        .optional()
        .meta({
          description:
            'vercel-rollback: where the plan refuses a rollback, the way back fails clearly. promote: the target is promoted then, as without this key.',
        }),
      limit: duration().optional(),
    })
    .optional(),
  functions: z.strictObject({ method: oneOf(['snapshot', 'redeploy', 'none']) }).optional(),
  database: z
    .strictObject({
      policy: list(oneOf(['rollback-sql', 'restore', 'point-in-time', 'forward-only', 'forward-fix']))
        .min(1)
        .optional()
        .meta({
          description:
            'How the database goes back, in the order of preference: rollback-sql runs the committed rollback SQL; restore and point-in-time are offered with their command and never run by themselves; forward-only (or forward-fix) refuses. Default rollback-sql.',
        }),
      limit: duration()
        .optional()
        .meta({ description: 'How long taking the database back may take before it is told as late; default 30m.' }),
      'check-tables': list(text('the name of a table'))
        .optional()
        .meta({ description: 'Tables that have to be there after the database went back.' }),
      checks: named(sqlQuery())
        .optional()
        .meta({
          examples: [{ orphans: 'SELECT id FROM tasks WHERE project_id IS NULL' }],
          description: 'Queries by name that find what is wrong after the database went back; a row is a fault.',
        }),
    })
    .optional(),
});

/** Who hears of what. Routes name channels; secrets of a service are inputs of the workflow file. */
export const notifications = z.strictObject({
  routes: named(
    z.strictObject({
      slack: oneOrMore(pattern(/^#?[\w-]{2,80}$/, 'a channel id or #name')).optional(),
      pagerduty: text('the name of a service').optional(),
      email: oneOrMore(z.email()).optional(),
      sms: text('a role under contacts').optional(),
      mention: text('@channel, @here, or a Slack id (U…, S…)').optional(),
      digest: oneOf(['daily', 'weekly']).optional(),
    }),
  )
    .optional()
    .meta({ description: 'Places by name, for alerts.' }),
  events: z
    .strictObject({
      'deploy-started': routeName().optional(),
      'deploy-succeeded': routeName().optional(),
      'deploy-failed': routeName().optional(),
      'rolled-back': routeName().optional(),
    })
    .optional(),
});

/** Limits that tell people outside a release. */
export const alerts = list(
  z.strictObject({ when: metricRule(), level: level().optional(), route: routeName().optional() }),
).meta({
  description:
    'Limits outside of a release, judged by scheduled runs of alerts.yml; people are told, nothing is moved.',
});

/** Severities and how an incident runs. */
export const incidents = z.strictObject({
  severities: named(
    z.strictObject({
      meaning: text().optional(),
      respond: text('a time such as 15m or 1 business day').optional(),
      escalate: names().optional(),
      actions: names().optional(),
    }),
  ).optional(),
  kinds: named(duration()).optional(),
  route: routeName().optional(),
  phases: z
    .strictObject({
      acknowledge: duration().optional(),
      diagnose: duration().optional(),
      mitigate: duration().optional(),
    })
    .optional(),
  'update-every': duration().optional(),
  'notify-users-after': duration().optional(),
  'status-page': address().optional(),
  'post-mortem': z.strictObject({ due: duration().optional(), template: text().optional() }).optional(),
});

/** What users do, step by step. */
export const goldenPaths = z.strictObject({ every: duration().optional(), flows: named(list(text('a step'))) });

/** Targets for pages and routes. */
export const budgets = z.strictObject({
  file: repositoryPath().optional(),
  lcp: duration().optional(),
  routes: named(
    z.strictObject({ p50: duration().optional(), p95: duration().optional(), p99: duration().optional() }),
  ).optional(),
});

/** Limits of the database doctor. */
export const doctor = z.strictObject({
  'cancel-queries-after': duration().optional(),
  'end-idle-after': duration().optional(),
  watch: names().optional(),
});

/** States that a release respects. */
export const maintenance = z.strictObject({ modes: names().optional(), flags: names().optional() });

/** How fast and to whom a security event goes. */
export const security = z.strictObject({ respond: duration().optional(), route: routeName().optional() });

/** Variables of the app itself: which must exist where, and how often they are renewed. Never the secrets of this library. */
export const variables = z.strictObject({
  required: named(list(variableName())).optional(),
  optional: list(variableName()).optional(),
  rotate: named(text('a duration, or on-demand')).optional(),
  overlap: duration().optional(),
});

/** Callbacks that must keep working. */
export const webhooks = list(z.strictObject({ name: text(), url: address(), events: names().optional() }));

/** Scans of code and dependencies. */
export const scans = z.strictObject({
  tools: names().optional(),
  every: text('a rhythm such as monthly or per-deploy').optional(),
  'fail-on': oneOf(['any', 'warning', 'high', 'critical']).optional(),
});

/** Work that comes back. */
export const tasks = z.strictObject({
  daily: names().optional(),
  weekly: names().optional(),
  monthly: names().optional(),
  quarterly: names().optional(),
  annually: names().optional(),
});

/** Who is asked, and after how long the next one. Telephone numbers stay out of the repository. */
export const contacts = z.strictObject({
  'on-call': text('an address or a rotation').optional(),
  roles: named(z.strictObject({ primary: text().optional(), secondary: text().optional() })).optional(),
  escalation: list(
    z.strictObject({ after: duration({ orZero: true }).optional(), role: text(), for: names().optional() }),
  ).optional(),
  vendors: named(text('an address')).optional(),
});

/** Where further numbers come from. */
export const metrics = z.strictObject({
  latency: text('a source').optional(),
  'web-vitals': text('a source').optional(),
  database: text('a source').optional(),
});
