const units: Record<string, number> = { KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 };

/** `500MB`, `1.5 GB`: bytes, in powers of 1024 as PostgreSQL counts. @throws Error that names what is allowed. */
export function parseSize(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*(KB|MB|GB|TB)$/i.exec(text.trim()) ?? [];
  const factor = units[unit?.toUpperCase() ?? ''];
  if (amount === undefined || factor === undefined) throw new Error(`"${text}" is not a size such as 500MB or 2GB`);
  return Math.round(Number(amount) * factor);
}
