import pg from 'pg';

/** One small pool per function instance; a failed connection must not hang a request. */
export const database = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: 4,
  connectionTimeoutMillis: 3000,
  idleTimeoutMillis: 10_000,
});

// Without a listener an idle connection that the server closes would end the process.
database.on('error', (error) => console.error('database connection lost:', error.message));
