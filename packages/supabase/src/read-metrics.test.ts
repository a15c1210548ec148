import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areMetrics, cpuBetween, readMetrics } from './read-metrics.ts';

const project = 'abcdefghijklmnopqrst';
const labels = `supabase_project_ref="${project}",supabase_identifier="${project}"`;

test('a volume of data counts before that of the system, and what is not measured is absent, never 0', () => {
  const text = `# TYPE node_filesystem_size_bytes gauge
node_filesystem_size_bytes{${labels},device="/dev/root",fstype="ext4",mountpoint="/"} 1e+10
node_filesystem_avail_bytes{${labels},device="/dev/root",fstype="ext4",mountpoint="/"} 1e+09
node_filesystem_size_bytes{${labels},fstype="ext4",mountpoint="/data"} 1e+10 1800000000000
node_filesystem_avail_bytes{${labels},fstype="ext4",mountpoint="/data"} 6e+09 1800000000000
pg_stat_database_num_backends{${labels}} 41
physical_replication_lag_physical_replication_lag_seconds{${labels}} NaN
storage_storage_size_mb{${labels}} 0`;
  assert.deepEqual(readMetrics(text, project), { disk: 0.4, storageMegabytes: 0 });
});

test('a read replica is not the database of the project', () => {
  const of = (identifier: string, value: number) =>
    `node_load1{supabase_project_ref="${project}",supabase_identifier="${identifier}",service_type="db"} ${value}\n`;
  assert.equal(readMetrics(of(`${project}-rr-eu-west-1-abcde`, 9) + of(project, 1), project).load, 1);
});

test('the CPU is what was not idle between two looks; counters that stand still or went back say nothing', () => {
  const look = (idle: number, busy: number) =>
    readMetrics(
      `node_cpu_seconds_total{${labels},cpu="0",mode="idle"} ${idle}\nnode_cpu_seconds_total{${labels},cpu="0",mode="user"} ${busy}\n`,
      project,
    );
  assert.equal(cpuBetween(look(100, 10), look(112, 58)), 0.8);
  assert.equal(cpuBetween(look(100, 10), look(100, 10)), undefined);
  assert.equal(cpuBetween(look(100, 10), look(3, 1)), undefined);
  assert.equal(cpuBetween(undefined, look(3, 1)), undefined);
});

test('a page and an answer of another kind are no metrics', () => {
  for (const text of ['<!doctype html><title>Log in</title>', '{"result":null,"error":"gone"}', '', 'up 1'])
    assert.equal(areMetrics(text), false, text);
});
