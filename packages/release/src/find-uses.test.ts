import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describePlaces, isSource, useFinder } from './find-uses.ts';

function placesOf(removed: Parameters<typeof useFinder>[0], files: Record<string, string>): string[] {
  const finder = useFinder(removed);
  for (const [path, text] of Object.entries(files)) if (isSource(path, 'db/changes')) finder.look(path, text);
  return finder.result().uses.map(({ removed: one, path, line }) => `${one.name} ${path}:${line}`);
}

test('A name is found as a whole word, in every spelling that code has for it', () => {
  const removed = [{ name: 'due_at', table: 'focus_sessions' }];
  const text = [
    "from('focus_sessions').select('id, due_at, due_at')",
    'SELECT DUE_AT FROM x',
    'row.dueAt',
    'overdue_at, due_at_utc, xdueAt, édue_at',
    'DueAt',
  ].join('\n');
  const expected = ['due_at a.ts:1', 'due_at a.ts:2', 'due_at a.ts:3'];
  assert.deepEqual(placesOf(removed, { 'a.ts': text }), expected);
  assert.deepEqual(placesOf([{ name: 'a name' }, { name: 'a' }], { 'q.sql': 'select "a name", a' }), [
    'a name q.sql:1',
    'a q.sql:1',
  ]);
});

test('A column counts where its table is named as well: in quotes, in a query, as the model of a client', () => {
  const removed = [{ name: 'name', table: 'focus_sessions' }];
  const files = {
    'other.ts': 'user.name',
    'query.ts': 'select name from focus_sessions',
    'model.ts': 'const x = new FocusSessions();\nx.name',
  };
  assert.deepEqual(placesOf(removed, files), ['name query.ts:1', 'name model.ts:2']);
});

test('Migrations, what is installed or built, and text for people are no code', () => {
  const removed = [{ name: 'notes' }];
  const files = {
    'db/changes/1_a.sql': 'drop table notes',
    'packages/api/prisma/migrations/1/migration.sql': 'notes',
    'node_modules/x/index.js': 'notes',
    'README.md': 'notes',
    'vendor/acme/src/Notes.php': 'notes',
    'src/changes/notes.ts': 'notes',
    'app/vendor/page.tsx': 'notes',
  };
  assert.deepEqual(placesOf(removed, files), ['notes src/changes/notes.ts:1', 'notes app/vendor/page.tsx:1']);
});

test('Places are listed with the generated types last and named as such, and never without end', () => {
  const notes = { name: 'notes' };
  const finder = useFinder([notes]);
  finder.look('src/integrations/supabase/types.ts', 'notes');
  finder.look('src/many.ts', 'notes\n'.repeat(500));
  const { uses, more, files } = finder.result();
  assert.deepEqual([uses.length, more, files], [200, new Map([[notes, 301]]), 2]);
  const few = uses.slice(0, 3);
  assert.equal(
    describePlaces(few),
    'src/many.ts:1, src/many.ts:2, src/integrations/supabase/types.ts:1 (generated types)',
  );
  assert.match(describePlaces(uses, more.get(notes)), / and 495 more$/);
});
