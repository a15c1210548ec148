/** Reason code of what passed although a check that decides nothing did not. */
export const notCriticalFailed = 'not_critical_failed';

/** What is told of checks with `critical: false` that did not pass, one line; undefined where all did. Pure. */
export function toldOnly(
  checks: readonly { name: string; outcome: string; message: string; critical?: boolean | undefined }[],
): string | undefined {
  const bad = checks.filter(
    ({ critical, outcome }) => critical === false && ['fail', 'could-not-run'].includes(outcome),
  );
  if (bad.length === 0) return undefined;
  return `alert only, not critical: ${bad.map(({ name, message }) => `${name}: ${message}`).join('; ')}`;
}
