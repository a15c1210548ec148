import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scratchImageProblem } from './scratch-image.ts';

const digest = `sha256:${'a1'.repeat(32)}`;

for (const reference of [
  `postgres@${digest}`,
  `postgres:17.11@${digest}`,
  `supabase/postgres@${digest}`,
  `public.ecr.aws/supabase/postgres:17.6.1.063@${digest}`,
]) {
  test(`${reference.slice(0, 40)}… is a pinned image`, () => assert.equal(scratchImageProblem(reference), undefined));
}

for (const [reference, problem] of [
  [
    'supabase/postgres:17.6.1.063',
    /a tag can be moved.*docker pull --quiet supabase\/postgres:17\.6\.1\.063 && docker image inspect .* supabase\/postgres:17\.6\.1\.063$/,
  ],
  ['postgres', /a tag can be moved/],
  [`postgres@sha256:${'a'.repeat(63)}`, /64 hex digits/],
  [`postgres@sha512:${'a'.repeat(64)}`, /64 hex digits/],
  [`attacker/postgres@${digest}`, /known publisher/],
  [`registry.example:5000/postgres@${digest}`, /known publisher/],
  [`constructor@${digest}`, /known publisher/],
  ['--privileged', /known publisher/],
  ['', /known publisher/],
] as const) {
  test(`"${reference.slice(0, 40)}" is refused as the image of a scratch server`, () =>
    assert.match(scratchImageProblem(reference) ?? '', problem));
}
