/** What a thrown value says, an error or not. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The stable reason of an error of ours; undefined of any other. */
export function reasonCodeOf(error: unknown): string | undefined {
  const code = (error as { reasonCode?: unknown } | null | undefined)?.reasonCode;
  return typeof code === 'string' ? code : undefined;
}
