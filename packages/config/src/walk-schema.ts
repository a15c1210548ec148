import { z } from 'zod';
import type { Path } from './read-document.ts';
import { allowedValues } from './values.ts';

/** The schema that judged the value at `path`; undefined below an unknown key. */
export function schemaAt(schema: z.ZodType, data: unknown, path: Path): z.ZodType | undefined {
  let current: z.ZodType | undefined = fitting(schema, data);
  let value = data;
  for (const step of path) {
    if (!current) return undefined;
    value = (value as Record<PropertyKey, unknown> | undefined)?.[step];
    const child = childOf(current, step);
    current = child && fitting(child, value);
  }
  return current;
}

/** The keys that a map may have; empty for a map of the user's own names. */
export function keysOf(schema: z.ZodType | undefined): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** The words that say what a value may be; undefined where the schema has none. */
export function allowedBy(schema: z.ZodType | undefined): string | undefined {
  if (!schema) return undefined;
  const own = allowedValues.get(schema)?.allowed;
  if (own) return own;
  if (schema instanceof z.ZodOptional) return allowedBy(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodPipe) return allowedBy(schema.in as z.ZodType);
  if (schema instanceof z.ZodUnion) {
    const words = (schema.options as z.ZodType[]).map((option) => allowedBy(option) ?? kindOf(option));
    return [...new Set(words)].join(', or ');
  }
  return undefined;
}

/** What kind of value a schema takes, in words. */
function kindOf(schema: z.ZodType): string {
  if (schema instanceof z.ZodArray) return 'a list';
  if (schema instanceof z.ZodObject) return `a map with ${keysOf(schema).join(', ')}`;
  if (schema instanceof z.ZodPipe) return kindOf(schema.in as z.ZodType);
  return schema instanceof z.ZodRecord ? 'a map' : 'a value';
}

function childOf(schema: z.ZodType, step: PropertyKey): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[String(step)] as z.ZodType | undefined;
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  return schema instanceof z.ZodArray ? (schema.element as z.ZodType) : undefined;
}

/** Takes off optional, transform and union until the schema that fits the kind of the value is left. */
function fitting(schema: z.ZodType, value: unknown): z.ZodType {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (schema instanceof z.ZodOptional) return fitting(schema.unwrap() as z.ZodType, value);
  if (schema instanceof z.ZodPipe) {
    const inner = fitting(schema.in as z.ZodType, value);
    return allowedValues.get(schema) && !(inner instanceof z.ZodObject) ? schema : inner;
  }
  if (!(schema instanceof z.ZodUnion)) return schema;
  const options = (schema.options as z.ZodType[]).map((option) => fitting(option, value));
  const match = options.find((option) => {
    if (isMap) return option instanceof z.ZodObject || option instanceof z.ZodRecord;
    return Array.isArray(value) === option instanceof z.ZodArray && !(option instanceof z.ZodObject);
  });
  return match ?? schema;
}
