import type { EnvironmentLayer } from './ops-schema.ts';

/** What stands against releasing the further projects of an environment together with its first one. Pure. */
export function findAppProblems({
  apps = {},
  vercel = {},
  release = {},
}: EnvironmentLayer): { path: readonly string[]; message: string }[] {
  const names = Object.keys(apps);
  if (names.length === 0) return [];
  const found: { path: readonly string[]; message: string }[] = [];
  const taken = new Map(vercel.project === undefined ? [] : [[vercel.project, 'vercel.project']]);
  for (const name of names) {
    const { project, url } = apps[name] ?? {};
    for (const [key, value] of Object.entries({ project, url }))
      if (value === undefined) found.push({ path: ['apps', name], message: `needs apps.${name}.${key} beside it` });
    if (project === undefined) continue;
    const other = taken.get(project);
    if (other === undefined) taken.set(project, `apps.${name}`);
    else found.push({ path: ['apps', name, 'project'], message: `${project} is ${other} already` });
  }
  const alone = (path: readonly string[], what: string) =>
    found.push({
      path,
      message: `${what} moves one project; with apps (${names.join(', ')}) it is not in this version`,
    });
  if (vercel.as !== undefined && vercel.as !== 'production') alone(['vercel', 'as'], `as: ${vercel.as}`);
  if (vercel.build === 'adopt')
    found.push({
      path: ['vercel', 'build'],
      message: `build: adopt takes builds of Vercel that carry no release, so nobody could tell which of them go together; with apps (${names.join(', ')}) it is not in this version`,
    });
  if (release.strategy !== undefined && release.strategy !== 'direct')
    alone(['release', 'strategy'], `strategy: ${release.strategy}`);
  if (release['keep-previous'] !== undefined) alone(['release', 'keep-previous'], 'keep-previous');
  return found;
}
