/** Counts the requests of users, who need an answer from a function to be seen. */
export const watch = {
  source: 'vercel-runtime-logs',
  window: '4s',
  interval: '1s',
  rules: ['error-rate above 5% within 4s'],
  'min-requests': 20,
};
export const good = 'export function GET() { return Response.json({ ok: true }); }\n';
/** An api/ping.js: every third user suffers; health and smoke see nothing of it. */
export const bad = `let count = 0;
export function GET() { return Response.json({ ok: false }, { status: ++count % 3 === 0 ? 500 : 200 }); }
`;
