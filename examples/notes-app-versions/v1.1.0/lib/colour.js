const colours = ['crimson', 'darkorange', 'gold', 'seagreen', 'steelblue', 'slateblue', 'orchid'];

/** Gives each note one of eight colours, always the same for the same text. */
export function colourOf(text) {
  let hash = 7;
  for (const letter of text) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
  return colours[hash % 8].toLowerCase();
}
