// Usage: npm run test:smoke -- --env=production --url=https://notes.example.com
const url = process.argv.find((word) => word.startsWith('--url='))?.slice('--url='.length) ?? process.env.BASE_URL;
const secret = process.env.VERCEL_AUTOMATION_BYPASS_SECRET;
const headers = secret ? { 'x-vercel-protection-bypass': secret } : {};

async function call(path, init = {}) {
  const answer = await fetch(new URL(path, url), {
    ...init,
    headers: { ...headers, ...init.headers },
    redirect: 'manual',
    signal: AbortSignal.timeout(10_000),
  });
  return { status: answer.status, text: await answer.text() };
}

function expect(condition, what) {
  if (!condition) throw new Error(what);
  console.log(`ok: ${what}`);
}

const page = await call('/');
expect(page.status === 200 && page.text.includes('<h1>Notes</h1>'), 'the page is there');

const kept = await call('/api/notes', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ text: 'smoke test' }),
});
expect(kept.status === 201, 'a note is kept');

const list = await call('/api/notes');
expect(
  list.status === 200 && JSON.parse(list.text).notes.some(({ text }) => text === 'smoke test'),
  'it is in the list',
);
