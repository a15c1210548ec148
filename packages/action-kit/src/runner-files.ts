import { randomUUID } from 'node:crypto';
import { appendFileSync, statSync } from 'node:fs';

// The runner drops a step's summary above 1 MiB (trap 43); what other steps of a composite wrote is not counted with ours.
const LARGEST_SUMMARY = 900 * 1024;
const CUT = '\n\n*The rest of this summary was cut: it passed the limit of the runner.*\n';

/** Appends one output; the delimiter is random so that a value cannot end its own block. Throws when the file cannot be written. */
export function appendOutput(file: string, name: string, value: string): void {
  const delimiter = `ghadelimiter_${randomUUID()}`;
  if (name.includes(delimiter) || value.includes(delimiter))
    throw new Error(`The output ${name} holds its own delimiter`);
  appendFileSync(file, `${name}<<${delimiter}\n${value}\n${delimiter}\n`);
}

/** Appends Markdown to the job summary, cut at 900 KiB counted in bytes. Throws when the file cannot be written. */
export function appendSummary(file: string, markdown: string): void {
  const bytes = Buffer.from(`${markdown}\n`);
  const room = LARGEST_SUMMARY - (statSync(file, { throwIfNoEntry: false })?.size ?? 0);
  if (bytes.length <= room) {
    appendFileSync(file, bytes);
    return;
  }
  if (room <= CUT.length) return;
  const kept = bytes.subarray(0, room - CUT.length).toString('utf8');
  // The last character may have been cut in half.
  appendFileSync(file, kept.replace(/\ufffd$/, '') + CUT);
}
