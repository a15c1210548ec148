import { withoutControls } from '#http/text';

/** GitHub takes 65,536 characters; what is left over is for our own words. */
const longest = 60_000;
/** Of one run of backticks: the fence around them is longer, twice. */
const longestRun = 40;

/** The run that has left the text, or none. */
export interface ForeignRun {
  url: string;
  headSha: string;
}

/**
 * The text that a fork's run has left, as a comment. Nobody knows who wrote it: the author of a fork chooses what its run does. Inside
 * a fence longer than any run of its own nothing of it is markup, a mention or a link (S14, S31). Pure.
 */
export function renderForeignPlan(marker: string, text: string, run: ForeignRun): string {
  const clean = withoutControls(text)
    .trim()
    .toWellFormed()
    .replace(/`+/g, (ticks) =>
      ticks.length <= longestRun ? ticks : `${'`'.repeat(longestRun)}… (${ticks.length} backticks)`,
    );
  const shown = clean.length <= longest ? clean : `${clean.slice(0, longest).toWellFormed()}\n… cut here`;
  const fence = '`'.repeat(Math.max(3, ...[...shown.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
  return page(marker, [
    `From [the run of the fork](${run.url}) for ${run.headSha}, which had no secret and asked no database. The fork's author chooses what that run does: this is its text, not a statement of this repository.`,
    `<details><summary>Plan</summary>\n\n${fence}text\n${shown}\n${fence}\n\n</details>`,
  ]);
}

/** In the place of the plan of an earlier commit, which would be taken for the one of this commit. Pure. */
export function renderNoPlan(marker: string, why: string, run: ForeignRun): string {
  return page(marker, [
    `No plan of ${run.headSha}: ${why} ([the run of the fork](${run.url})). A plan that stood here was of an earlier commit.`,
  ]);
}

function page(marker: string, parts: readonly string[]): string {
  return [marker, '### Migrations of this pull request', ...parts, 'It is replaced by the next one.', ''].join('\n\n');
}
