import { cleanText } from '#http/text';

/** What the release expects production to serve; at least one is given. */
export interface ExpectedServing {
  deploymentId?: string | undefined;
  /** Full or abbreviated (at least 7 characters) commit. */
  commit?: string | undefined;
}

/** What is served according to Vercel (or to the app itself, for the commit). */
export interface Serving {
  deploymentId?: string | undefined;
  commit?: string | undefined;
}

/** Compares what is served with what is expected (trap 19: production can serve another commit than the one just deployed). */
export function judgeServing(
  expected: ExpectedServing,
  found: Serving | undefined,
): { reasonCode: string; message: string } | undefined {
  if (!found) return { reasonCode: 'wrong_deployment', message: 'Vercel knows no deployment behind this host' };
  if (expected.deploymentId && expected.deploymentId !== found.deploymentId) {
    const message = `${show(found.deploymentId)} is served, expected ${show(expected.deploymentId)}`;
    return { reasonCode: 'wrong_deployment', message };
  }
  if (expected.commit && !isSameCommit(expected.commit, found.commit)) {
    const message = `commit ${show(found.commit)} is served, expected ${show(expected.commit)}`;
    return { reasonCode: 'wrong_commit', message };
  }
  return undefined;
}

/** Whether two commits are the same, either of them abbreviated to at least 7 characters. */
export function isSameCommit(one: string, other: string | undefined): boolean {
  if (other === undefined) return false;
  const [short, long] = [one.toLowerCase(), other.toLowerCase()].sort((a, b) => a.length - b.length);
  return short !== undefined && long !== undefined && short.length >= 7 && long.startsWith(short);
}

function show(value: string | undefined): string {
  return value === undefined ? 'an unknown one' : cleanText(value, 80);
}
