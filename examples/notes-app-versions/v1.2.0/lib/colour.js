const colours = ['crimson', 'darkorange', 'gold', 'seagreen', 'steelblue', 'slateblue', 'orchid', 'sienna'];

/** Gives each note one of the colours, always the same for the same text. */
export function colourOf(text) {
  let hash = 7;
  for (const letter of text) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
  return colours[hash % colours.length];
}
