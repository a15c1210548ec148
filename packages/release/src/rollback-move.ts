/** What a rollback did to production, as its line in the ledger says it; all of it fits into the 140 characters of a status. */
export interface RollbackMove {
  /** The deployments that served before and after; undefined where nobody knows. */
  from?: string | undefined;
  to: string | undefined;
  reasonCode: string;
  /** Where the line was written later than it happened: ISO 8601. */
  at?: string;
}

/** Pure. */
export function writeMove({ from = 'unknown', to = 'unknown', reasonCode, at }: RollbackMove): string {
  const move = `${from} -> ${to} ${reasonCode}`;
  return at === undefined ? move : `${move} ${at}`;
}

/** Undefined: the line is none of a rollback. Pure. */
export function reasonOfMove(text: string): string | undefined {
  return /-> \S+ (\S+)/.exec(text)?.[1];
}

/** The deployment that production was moved to; undefined: the line says none. Pure. */
export function movedTo(text: string): string | undefined {
  return /-> (dpl_\w+)/.exec(text)?.[1];
}
