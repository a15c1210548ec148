import type { TableState } from './database-report.ts';

/** What an earlier report said about the sizes of tables. */
export interface EarlierSizes {
  /** Unix seconds. */
  readAt: number;
  tables: readonly Pick<TableState, 'schema' | 'table' | 'bytes' | 'estimated'>[];
}

/** By how much a table grew since; absent for one that was not there, or whose size was an estimate then or is one now. */
export interface TableGrowth {
  schema: string;
  table: string;
  grownBytes?: number;
  /** True where the earlier report did not have it. */
  isNew: boolean;
}

/** Each table beside what it was in an earlier report, in the order given. Pure. */
export function compareSizes(now: readonly TableState[], earlier: EarlierSizes): TableGrowth[] {
  return now.map(({ schema, table, bytes, estimated }) => {
    const before = earlier.tables.find((one) => one.schema === schema && one.table === table);
    const comparable = before !== undefined && !before.estimated && !estimated;
    return {
      schema,
      table,
      isNew: before === undefined,
      ...(comparable ? { grownBytes: bytes - before.bytes } : {}),
    };
  });
}
