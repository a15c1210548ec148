/** Milliseconds as people say them, to the second: `6 min 40 s`. Pure. */
export function elapsed(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const rest = seconds % 60;
  return [seconds >= 60 ? `${Math.floor(seconds / 60)} min` : '', rest > 0 || seconds < 60 ? `${rest} s` : '']
    .filter((part) => part !== '')
    .join(' ');
}
