import { colourOf } from '../lib/colour.js';
import { database } from '../lib/database.js';
import { readJson } from '../lib/read-json.js';

/** The newest notes. */
export async function GET() {
  const { rows } = await database.query('SELECT id, text, colour, created_at FROM notes ORDER BY id DESC LIMIT 20');
  return Response.json({ notes: rows });
}

/** Keeps a note with its colour. */
export async function POST(request) {
  const text = (await readJson(request))?.text;
  if (typeof text !== 'string' || text.length === 0 || text.length > 280) {
    return Response.json({ error: 'text must have 1 to 280 characters' }, { status: 400 });
  }
  const { rows } = await database.query(
    'INSERT INTO notes (text, colour) VALUES ($1, $2) RETURNING id, text, colour, created_at',
    [text, colourOf(text)],
  );
  return Response.json(rows[0], { status: 201 });
}
