import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf } from './deployment-address.ts';

test('a deployment is reached by https, on this machine by http', () => {
  assert.equal(addressOf('app.vercel.app', 'https://api.vercel.com'), 'https://app.vercel.app');
  assert.equal(addressOf('127.0.0.1:4000', 'http://127.0.0.1:3000'), 'http://127.0.0.1:4000');
  assert.equal(addressOf('app.vercel.app', 'http://127.0.0.1:3000'), 'https://app.vercel.app');
  assert.equal(addressOf('127.0.0.1:4000', 'https://api.vercel.com'), 'https://127.0.0.1:4000');
  assert.equal(addressOf('https://app.vercel.app/', 'https://api.vercel.com'), 'https://app.vercel.app');
});
