import { z } from 'zod';
import { checkObject } from './sections.ts';
import { address, pattern, repositoryPath, text } from './values.ts';

const path = () => pattern(/^\/\S*$/, 'a path such as /api/health');

/** Only what a gate and a suite act on, below the address of the app. */
const appCheck = z
  .union([
    path(),
    checkObject.omit({ retries: true, every: true, 'json-all': true, recent: true, release: true }).extend({
      path: path(),
    }),
  ])
  .transform((given) => (typeof given === 'string' ? { path: given } : given));

const appChecks = () =>
  z.union([path(), z.array(appCheck)]).transform((given) => (typeof given === 'string' ? [{ path: given }] : given));

/** One further Vercel project of the environment. */
const app = z.strictObject({
  project: text('a project id (prj_…) or name').optional().meta({ description: 'Project id (prj_…) or name.' }),
  url: address().optional().meta({ description: 'Public address of this app.' }),
  'working-directory': repositoryPath()
    .optional()
    .meta({ description: 'Folder of this app; default the repository root.' }),
  health: appChecks().optional().meta({ description: 'Checks of the gate on this app; default GET /.' }),
  smoke: appChecks().optional().meta({ description: 'Checks that the smoke tests run on this app, too.' }),
});

/** Short enough for the 140 characters of a status beside a deployment id. */
const appName = () => pattern(/^[a-z0-9][a-z0-9-]{0,29}$/, 'up to 30 small letters, digits and dashes');

/** Further Vercel projects that are released and rolled back together with `vercel.project`. */
export const apps = z.record(appName(), app);
