const ALLOWED = new Set(['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'CI']);

/**
 * The environment a child process gets (S13): PATH, HOME, locale, time zone, TMPDIR, CI and what is named for this command.
 * Never `INPUT_*`, `ACTIONS_*`, `GITHUB_*` or a secret of another command.
 */
export function allowListedEnvironment(
  extra: Record<string, string | undefined> = {},
  own: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(own)) {
    if (value !== undefined && (ALLOWED.has(name) || name.startsWith('LC_'))) environment[name] = value;
  }
  for (const [name, value] of Object.entries(extra)) {
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}
