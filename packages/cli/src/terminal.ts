import { withoutControls } from '#http/text';

/**
 * What a command says to the person who typed it. Reasons of locks, versions and messages of services are foreign: whoever may
 * push can write them, and nothing of them may move the cursor, colour, or turn the direction of a terminal (S14).
 */
export function say(text: string): void {
  process.stdout.write(`${withoutControls(text)}\n`);
}

/** The same on standard error: progress, warnings, what was used wrongly. */
export function sayAside(text: string): void {
  process.stderr.write(`${withoutControls(text)}\n`);
}
