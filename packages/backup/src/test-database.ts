import { randomUUID } from 'node:crypto';
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
