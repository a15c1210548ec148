import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppSettings } from '#config/settings';
import { checksOfApps, readAppUrls, writeAppUrls } from './app-checks.ts';

const apps: AppSettings[] = [
  {
    name: 'admin',
    project: 'admin',
    url: 'https://admin.example.com',
    health: [{ path: '/api/health' }],
    smoke: [{ path: '/save', method: 'POST' }],
  },
  { name: 'docs', project: 'docs', url: 'https://docs.example.com' },
];

test('each app is checked at its own address, under its own name, by what ops.yml says or GET /', () => {
  const given = readAppUrls(['admin=https://admin-staged.vercel.app', 'docs=https://docs-staged.vercel.app']);
  const shown = (kind: 'health' | 'smoke' | 'reading') =>
    checksOfApps(apps, given, kind).map(({ name, url }) => `${name} ${url.href}`);
  assert.deepEqual(shown('health'), [
    'admin: GET /api/health https://admin-staged.vercel.app/api/health',
    'docs: GET / https://docs-staged.vercel.app/',
  ]);
  assert.deepEqual(shown('smoke'), ['admin: POST /save https://admin-staged.vercel.app/save']);
  assert.deepEqual(shown('reading'), shown('health'), 'what writes is not repeated');
});

test('without addresses of a run those of ops.yml are taken', () => {
  const checks = checksOfApps(apps, new Map([['docs', 'https://docs-staged.vercel.app']]), 'health');
  assert.deepEqual(
    checks.map(({ url }) => url.host),
    ['admin.example.com', 'docs-staged.vercel.app'],
  );
  assert.deepEqual(checksOfApps(undefined, new Map(), 'health'), []);
});

test('addresses of apps are read as they are written, and a line that is none is refused', () => {
  const text = writeAppUrls([{ name: 'admin', url: 'https://a.example.com' }]);
  assert.deepEqual([...readAppUrls(text.split('\n'))], [['admin', 'https://a.example.com']]);
  for (const line of ['https://a.example.com', 'admin=', 'Admin=https://a', 'admin=ftp://a'])
    assert.throws(() => readAppUrls([line]), /is not an address of an app/);
});
