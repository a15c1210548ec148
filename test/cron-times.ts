const fields = [
  (at: Date) => at.getUTCMinutes(),
  (at: Date) => at.getUTCHours(),
  (at: Date) => at.getUTCDate(),
  (at: Date) => at.getUTCMonth() + 1,
  (at: Date) => at.getUTCDay(),
];

/**
 * The minutes of one day (milliseconds since the epoch, UTC as GitHub's schedules) at which a cron line fires. Numbers, lists and `*`
 * only, and day and weekday must both fit: cron itself would take either where both are limited.
 */
export function minutesOf(cron: string, day: number): number[] {
  const parts = cron.trim().split(/\s+/);
  if (parts.length !== fields.length || parts.some((part) => !/^(?:\*|\d+(?:,\d+)*)$/.test(part)))
    throw new Error(`${cron} is no cron line of numbers, lists and *`);
  return Array.from({ length: 24 * 60 }, (_, minute) => day + minute * 60_000).filter((at) =>
    fields.every((field, index) => {
      const part = parts[index] ?? '';
      return (
        part === '*' ||
        part
          .split(',')
          .map(Number)
          .includes(field(new Date(at)))
      );
    }),
  );
}
