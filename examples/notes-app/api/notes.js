import { database } from '../lib/database.js';
import { readJson } from '../lib/read-json.js';

/** The newest notes. */
export async function GET() {
  const { rows } = await database.query('SELECT id, text, created_at FROM notes ORDER BY id DESC LIMIT 20');
  return Response.json({ notes: rows });
}

/** Keeps a note. */
export async function POST(request) {
  const text = (await readJson(request))?.text;
  if (typeof text !== 'string' || text.length === 0 || text.length > 280) {
    return Response.json({ error: 'text must have 1 to 280 characters' }, { status: 400 });
  }
  const { rows } = await database.query('INSERT INTO notes (text) VALUES ($1) RETURNING id, text, created_at', [text]);
  return Response.json(rows[0], { status: 201 });
}
