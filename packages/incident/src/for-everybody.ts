import type { IncidentFacts } from './render-incident.ts';

const hidden = '***';

/** Of networks inside, of the whole world, and of its countries but those that files and columns end with (`md`, `pl`, `py`, `rs`, `id`). */
const endings = [
  'internal|local|lan|localdomain|corp|intranet|home|com|net|org|io|dev|app|co|cloud|tech|ai|info|biz|xyz|gg|me|edu|gov',
  'online|site|shop|eu|sh|tv|fm|so|to|ly|is|cc|ws|us|ca|mx|br|ar|cl|uk|ie|de|at|ch|li|fr|be|nl|lu|es|pt|it|gr|dk|se|no|fi',
  'ee|lt|lv|cz|sk|hu|ro|bg|hr|si|ua|ru|tr|il|ae|sa|za|ng|ke|eg|ma|in|pk|my|sg|th|vn|ph|cn|hk|tw|jp|kr|au|nz',
].join('|');

/**
 * Where something runs and who it belongs to. A bare name counts as a host only with an ending that hosts have: files
 * (`ops.yml`), versions (`v1.1.0`) and columns (`notes.title`) look the same otherwise and are what an incident is about.
 */
const patterns: readonly [RegExp, string][] = [
  // With a password or without; the path may name a project or a customer.
  [/\b([a-z][a-z\d+.-]*:\/\/)[^\s`"'<>()]+/gi, `$1${hidden}`],
  [/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, hidden],
  [new RegExp(`\\b(?:[a-z\\d-]+\\.)+(?:${endings})\\b(?::\\d+)?`, 'gi'), hidden],
  [/(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])(?::\d+)?/g, hidden],
  [/(?<![\da-f:])(?:[\da-f]{1,4}:){3,7}[\da-f]{0,4}(?![\da-f:])/gi, hidden],
  // With the zeros left out; a cast of SQL (`at::date`) has letters around it.
  [/(?<![\w:])(?:::|(?:[\da-f]{1,4}:)+:)[\da-f]{1,4}(?::[\da-f]{1,4})*(?![\w:])/gi, hidden],
];

/**
 * The same incident as everybody may read it, in the issue of a public repository (S23): sentences without e-mail addresses and
 * hosts, and neither logs, which hold customers' values, nor pages of single errors. Commands, chart and the page of the run are our own words. Pure.
 */
export function forEverybody(facts: IncidentFacts): IncidentFacts {
  return {
    ...facts,
    what: withoutPlaces(facts.what),
    ...(facts.escalation === undefined ? {} : { escalation: withoutPlaces(facts.escalation) }),
    timeline: facts.timeline.map(({ at, text }) => ({ at, text: withoutPlaces(text) })),
    measured: facts.measured.map(({ name, value }) => ({ name: withoutPlaces(name), value: withoutPlaces(value) })),
    notes: facts.notes.map(withoutPlaces),
    checklist: facts.checklist?.map((item) => ({
      ...item,
      name: withoutPlaces(item.name),
      note: withoutPlaces(item.note),
    })),
    logs: [],
    links: [],
  };
}

function withoutPlaces(text: string): string {
  return patterns.reduce((shown, [pattern, replacement]) => shown.replace(pattern, replacement), text);
}
