/** Something that GitHub would run and this runner cannot: always named, never skipped. */
export class UnsupportedError extends Error {
  override name = 'UnsupportedError';
}

/** The action cannot be run at all: unreadable, invalid or refused by GitHub's own rules. */
export class ActionError extends Error {
  override name = 'ActionError';
}
