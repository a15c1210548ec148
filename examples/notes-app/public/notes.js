const list = document.querySelector('#notes');
const form = document.querySelector('#new-note');
const problem = document.querySelector('#problem');

async function show() {
  const answer = await fetch('/api/notes');
  const { notes } = await answer.json();
  list.replaceChildren(
    ...notes.map(({ text, colour }) => {
      const item = document.createElement('li');
      item.textContent = text;
      if (colour) item.style.borderLeftColor = colour;
      return item;
    }),
  );
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const answer = await fetch('/api/notes', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: form.elements.text.value }),
  });
  problem.hidden = answer.ok;
  problem.textContent = answer.ok ? '' : 'The note could not be kept. Please try again.';
  if (answer.ok) form.reset();
  await show();
});

await show();
