import { z } from 'zod';
import { afterRelease } from './after-release-section.ts';
import { apps } from './apps-section.ts';
import { drills } from './drills-section.ts';
import * as later from './later-sections.ts';
import { observe } from './observe-section.ts';
import { backend, database, functions, health, release, slack, smoke, supabase, vercel, watch } from './sections.ts';
import { address, pattern, text, trigger } from './values.ts';

/** Sections that may stand at the top, for all environments, and under one environment. */
const sections = {
  vercel: vercel.optional().meta({ description: 'The Vercel project and how this environment exists on it.' }),
  apps: apps.optional().meta({
    description:
      'Further Vercel projects of this environment, by name: promoted and rolled back together with vercel.project.',
  }),
  database: database.optional().meta({ description: 'Migrations and the restore point before them.' }),
  supabase: supabase.optional().meta({ description: 'Supabase beyond the database.' }),
  functions: functions
    .optional()
    .meta({ description: 'Supabase edge functions that are deployed with the release; needs supabase.project.' }),
  backend: backend
    .optional()
    .meta({ description: 'A backend that is not on Vercel, deployed and taken back by commands.' }),
  health: health
    .optional()
    .meta({ description: 'Checks that must pass before and after promotion, e.g. /api/health.' }),
  smoke: smoke
    .optional()
    .meta({ description: 'Smoke tests: a command, or checks run in order; none removes inherited ones.' }),
  watch: watch
    .optional()
    .meta({ description: 'How long the release is watched, by which rules, and what happens on a breach.' }),
  drills: drills.optional().meta({ description: 'How often the way back is rehearsed, and how long it may take.' }),
  observe: observe.optional().meta({ description: 'Where each source of the watch finds its numbers.' }),
  release: release.optional().meta({ description: 'What a release needs.' }),
  slack: slack.optional().meta({ description: 'Channel of the release message.' }),
  checklist: later.checklist.optional(),
  rollback: later.rollback.optional(),
  notifications: later.notifications.optional(),
  alerts: later.alerts.optional(),
  incidents: later.incidents.optional(),
  'golden-paths': later.goldenPaths.optional(),
  'after-release': afterRelease
    .optional()
    .meta({ description: 'What is looked at after a release, by scheduled runs, and what makes it complete.' }),
  budgets: later.budgets.optional(),
  doctor: later.doctor.optional(),
  maintenance: later.maintenance.optional(),
  security: later.security.optional(),
  variables: later.variables.optional(),
  webhooks: later.webhooks.optional(),
  scans: later.scans.optional(),
  tasks: later.tasks.optional(),
  contacts: later.contacts.optional(),
  metrics: later.metrics.optional(),
};

/** One environment: its address, when it is released, and what differs from the top of the file. */
export const environmentSchema = z.strictObject({
  url: address().optional().meta({ description: 'Public address of the environment.' }),
  trigger: trigger()
    .optional()
    .meta({ description: 'When its workflow starts; `init` writes it into the workflow file.' }),
  ...sections,
});

const environmentName = () => pattern(/^[A-Za-z0-9][\w.-]{0,254}$/, 'a name such as production or staging');

/** The whole of `.github/ops.yml`. Everything is optional. */
export const opsSchema = z.strictObject({
  version: z.literal(1).optional().meta({ description: 'Version of this format.' }),
  extends: text('the name of a preset, or owner/repository/path@<40-hex commit>').optional().meta({
    description:
      'A preset (staging-branch, tag-release, push-to-main, validated-pipeline, blue-green) or owner/repository/path@<40-hex commit>.',
  }),
  environments: z
    .record(environmentName(), environmentSchema)
    .optional()
    .meta({ description: 'What differs per environment.' }),
  ...sections,
});

/** One file after validation: durations are milliseconds, rates are shares, short forms are written out. */
export type Layer = z.output<typeof opsSchema>;
/** The part of a layer that may stand under an environment. */
export type EnvironmentLayer = z.output<typeof environmentSchema>;
