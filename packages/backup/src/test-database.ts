import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '#postgres/connection';
import type { Cluster } from './scratch-cluster.ts';

/** For tests: a new database of a cluster with some SQL run in it; its URL. */
export async function createDatabase(cluster: Cluster, sql: string): Promise<string> {
  const name = `case_${randomUUID().replaceAll('-', '')}`;
  const admin = await connect(cluster.url, { applicationName: 'test' });
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.close();
  const url = new URL(cluster.url);
  url.pathname = `/${name}`;
  await query(url.href, sql);
  return url.href;
}

/** For tests: rows of the last statement. */
export async function query<Row extends object = Record<string, unknown>>(url: string, sql: string): Promise<Row[]> {
  const connection = await connect(url, { applicationName: 'test' });
  try {
    return await connection.query<Row>(sql);
  } finally {
    await connection.close();
  }
}

/** For tests: rows of a statement as soon as it has any, looked for every 20 ms; throws after 30 s. */
export async function untilRows<Row extends object = Record<string, unknown>>(
  url: string,
  sql: string,
): Promise<Row[]> {
  const connection = await connect(url, { applicationName: 'test' });
  try {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; await delay(20)) {
      const rows = await connection.query<Row>(sql);
      if (rows.length > 0) return rows;
    }
    throw new Error(`no row within 30 s of ${sql}`);
  } finally {
    await connection.close();
  }
}
