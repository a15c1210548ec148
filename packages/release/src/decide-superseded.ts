/** What S4 looks at; gathered in preflight and again right before promoting. */
export interface SupersedingFacts {
  own: { key: string; runId: number; openedAt: number; commit: string; version: string };
  /** Other releases of this environment that reached promotion. */
  promoted: readonly { key: string; runId: number; openedAt: number; version: string }[];
  /** What production serves, as far as known. */
  production?: { commit?: string | undefined; version?: string | undefined } | undefined;
  /** Our commit compared with the one in production; undefined when it could not be compared. */
  comparison?: 'ahead' | 'behind' | 'identical' | 'diverged' | undefined;
  /** Reason given in the workflow file for releasing older code. */
  allowOlder?: string | undefined;
  requireAncestor: boolean;
}

export interface SupersededDecision {
  superseded: boolean;
  reasonCode?: 'newer_release' | 'older_commit' | 'diverged';
  message?: string;
  /** To say in plan and message although it does not stop the release. */
  notes: string[];
}

/** Whether a newer release or newer code makes this one pointless or harmful (S4). Pure. */
export function decideSuperseded(facts: SupersedingFacts): SupersededDecision {
  const { own, production, allowOlder } = facts;
  const newest = facts.promoted.filter((other) => other.key !== own.key && isNewer(other, own)).toSorted(byAge)[0];
  const live = production?.version ?? production?.commit?.slice(0, 7) ?? 'the deployment in production';
  const found: { reasonCode: NonNullable<SupersededDecision['reasonCode']>; message: string }[] = [];
  if (newest !== undefined) {
    found.push({
      reasonCode: 'newer_release',
      message: `a newer release (${newest.version}, run ${newest.runId || 'unknown'}) already reached promotion`,
    });
  }
  if (facts.comparison === 'behind') {
    found.push({
      reasonCode: 'older_commit',
      message: `commit ${own.commit.slice(0, 7)} is older than what production serves (${live})`,
    });
  }
  const notes: string[] = [];
  if (facts.comparison === 'diverged') {
    const text = `commit ${own.commit.slice(0, 7)} and what production serves (${live}) have diverged: what only production has is not in this release`;
    if (facts.requireAncestor) found.push({ reasonCode: 'diverged', message: text });
    else notes.push(text);
  }
  const [first] = found;
  if (first === undefined) return { superseded: false, notes };
  const what = found.map((entry) => entry.message).join('; ');
  if (allowOlder !== undefined && allowOlder !== '') {
    return {
      superseded: false,
      notes: [...notes, `${what}; released all the same because the workflow says: ${allowOlder}`],
    };
  }
  return {
    superseded: true,
    reasonCode: first.reasonCode,
    message: `${what}. To release it all the same, give allow-older a reason in the workflow file.`,
    notes,
  };
}

/** Higher run id; where one is missing, opened later. */
function isNewer(other: { runId: number; openedAt: number }, own: { runId: number; openedAt: number }): boolean {
  return other.runId > 0 && own.runId > 0 ? other.runId > own.runId : other.openedAt > own.openedAt;
}

function byAge(a: { runId: number; openedAt: number }, b: { runId: number; openedAt: number }): number {
  return b.runId - a.runId || b.openedAt - a.openedAt;
}
