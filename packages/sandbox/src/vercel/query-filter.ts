import { VercelRefusal } from './vercel-refusal.ts';

export type Dimension = 'httpStatus' | 'route' | 'environment' | 'errorCode' | 'projectId';

export const dimensions: readonly Dimension[] = ['httpStatus', 'route', 'environment', 'errorCode', 'projectId'];

export type Dimensions = Record<Dimension, string>;

/**
 * An OData filter of the kinds that we and Vercel's examples use: comparisons joined by `and`.
 * @throws VercelRefusal 400 for anything else.
 */
export function parseFilter(filter: string): (row: Dimensions) => boolean {
  const terms = filter.split(/\s+and\s+/i).map((term) => {
    const match = /^\(?\s*([A-Za-z]+)\s+(eq|ne|gt|ge|lt|le)\s+(?:'((?:[^']|'')*)'|(\d+))\s*\)?$/.exec(term.trim());
    const [, name = '', operator = '', text, number] = match ?? [];
    if (!match || !isDimension(name)) {
      throw new VercelRefusal(400, 'bad_request', `Invalid filter near "${term.trim()}"`);
    }
    const value = text?.replaceAll("''", "'") ?? number ?? '';
    return (row: Dimensions) => compare(row[name], operator, value);
  });
  return (row) => terms.every((term) => term(row));
}

export function isDimension(name: string): name is Dimension {
  return (dimensions as readonly string[]).includes(name);
}

function compare(actual: string, operator: string, value: string): boolean {
  if (operator === 'eq') return actual === value;
  if (operator === 'ne') return actual !== value;
  const difference = Number(actual) - Number(value);
  if (operator === 'gt') return difference > 0;
  if (operator === 'ge') return difference >= 0;
  return operator === 'lt' ? difference < 0 : difference <= 0;
}
