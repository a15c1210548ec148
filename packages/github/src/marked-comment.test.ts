import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planMarker, upsertComment } from './marked-comment.ts';

const marker = planMarker('production');

describe('one comment, updated in place', () => {
  function pullRequest(...bodies: [body: string, byApp: boolean][]) {
    const comments = bodies.map(([body, byApp], index) => ({ id: index + 1, body, byApp }));
    const github = {
      commentsOf: async () => structuredClone(comments),
      async createComment(_: number, body: string) {
        const made = { id: comments.length + 1, body, byApp: true };
        comments.push(made);
        return made;
      },
      async editComment(id: number, body: string) {
        const found = comments.find((one) => one.id === id);
        assert.ok(found !== undefined);
        found.body = body;
        return found;
      },
    };
    const upsert = (body: string, createIt = true) =>
      upsertComment(github, 7, marker, `${marker}\n${body}`, { createIt });
    return { comments, upsert, bodies: () => comments.map(({ body }) => body) };
  }

  test('the second push updates what the first one wrote', async () => {
    const one = pullRequest(['hello', false]);
    assert.equal(await one.upsert('first'), 'created');
    assert.equal(await one.upsert('second'), 'updated');
    assert.deepEqual(one.bodies(), ['hello', `${marker}\nsecond`]);
  });

  test('a person who writes the marker is not updated, and another environment is not touched', async () => {
    const one = pullRequest([`${marker}\nforged`, false], [`${planMarker('staging')}\nother`, true]);
    assert.equal(await one.upsert('ours'), 'created');
    assert.deepEqual(one.bodies(), [`${marker}\nforged`, `${planMarker('staging')}\nother`, `${marker}\nours`]);
  });

  test('of two the older one stays, and without anything to say none is made', async () => {
    const one = pullRequest([`${marker}\na`, true], [`${marker}\nb`, true]);
    assert.equal(await one.upsert('c', false), 'updated');
    assert.equal(one.bodies()[0], `${marker}\nc`);
    assert.doesNotMatch(one.bodies()[1] ?? '', /ops-actions:migration-plan/);
    assert.equal(await pullRequest().upsert('d', false), 'none');
  });
});
