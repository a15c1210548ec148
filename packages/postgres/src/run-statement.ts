import type { ParsedStatement } from './sql-parser.ts';

/** Code that a statement runs and that nobody could read here. */
export interface UnreadCode {
  /** `a DO block runs statements that it puts together`. */
  what: string;
  /** Its text names what takes objects, rights or rows away. */
  destroys: boolean;
}

/** A statement that a file runs, at its top or inside of another one. */
export interface RunStatement {
  /** The place of `top` among the statements of the file. */
  index: number;
  top: ParsedStatement;
  /** With `pg_temp` before the names of temporary tables. */
  statement: ParsedStatement;
  /** False at the top. */
  embedded: boolean;
  /** The conditions, loops and handlers around it, outermost first; for certain it runs where there are none. */
  within: Surroundings;
  unread?: UnreadCode;
}

export type Surroundings = readonly object[];

/** True where the one runs for certain whenever the other does, as far as conditions decide. Pure. */
export function runsWith(one: Surroundings, other: Surroundings): boolean {
  return one.every((around, depth) => other[depth] === around);
}
