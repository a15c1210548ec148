/**
 * Whether everybody can read what the run's repository keeps; only an event that says so counts as public. Events of GitHub do,
 * also scheduled ones (GitHub changelog, 2022-09-27); a run on a laptop has none.
 */
export function isPublic(event: unknown): boolean {
  const { repository } = event as { repository?: { private?: unknown } };
  return repository?.private === false;
}
