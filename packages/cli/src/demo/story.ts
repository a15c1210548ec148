/** One release of the story and how it has to end. */
export interface Chapter {
  version: string;
  expected: 'released' | 'rolled-back' | 'refused';
  /** Where the story hangs on the reason, too. */
  reason?: string;
  title: string;
}

/** The story of one evening: a good release, a bad one, a dangerous migration, and the corrected release. */
export const story: readonly Chapter[] = [
  { version: 'v1.0.0', expected: 'released', title: 'the first good release' },
  { version: 'v1.1.0', expected: 'rolled-back', title: 'its code fails about one in eight writes' },
  {
    version: 'v1.2.0',
    expected: 'refused',
    reason: 'unsafe_migration',
    title: 'its migration adds a NOT NULL column without default',
  },
  { version: 'v1.2.1', expected: 'released', title: 'the same with a corrected migration' },
];
