/** Bytes per second that dump, restore and comparison together reach on two cores; a careful guess. */
const assumedRate = 20_000_000;
const startSeconds = 5;

/** Seconds that backup and proof of a database of this size take, roughly. Pure. */
export function estimateSeconds(databaseBytes: number): number {
  return Math.ceil(startSeconds + databaseBytes / assumedRate);
}

/** Room that the scratch copy of a database takes: its files and the log of the restore. Pure. */
export function estimateScratchBytes(databaseBytes: number): number {
  return 2 * databaseBytes + emptyClusterBytes;
}

/** Room that a scratch cluster takes before it holds anything. */
const emptyClusterBytes = 300 * 1024 * 1024;
