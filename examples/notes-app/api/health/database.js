import { database } from '../../lib/database.js';

/** Says that the notes can be read. */
export async function GET() {
  try {
    const started = performance.now();
    await database.query('SELECT id FROM notes LIMIT 1');
    return Response.json({ status: 'healthy', milliseconds: Math.round(performance.now() - started) });
  } catch (error) {
    console.error('the database is not healthy:', error.message);
    return Response.json({ status: 'unhealthy' }, { status: 503 });
  }
}
