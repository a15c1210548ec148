import type { Surroundings } from './run-statement.ts';
import { child, type ParseNode, textOf, wrapped } from './sql-names.ts';
import type { SqlParser } from './sql-parser.ts';

/** SQL in a block of PL/pgSQL. */
interface Piece {
  text: string;
  /** An expression, not a statement. */
  value: boolean;
  within: Surroundings;
}

export interface BlockCode {
  /** In their order. */
  pieces: Piece[];
  /** Constants that may become a part of what is known only when it runs. */
  literals: string[];
  /** Something is known only when it runs. */
  dynamic: boolean;
}

/** What a block of PL/pgSQL runs, in its order. Pure. */
export function piecesOfBlock(block: ParseNode, parser: SqlParser): BlockCode {
  const code: BlockCode = { pieces: [], literals: [], dynamic: false };
  // Set where the block may have been left: what follows runs under a condition, too.
  let left: object | undefined;
  const add = (
    kind: string,
    key: string,
    { query = '', parseMode }: { query?: string; parseMode?: number },
    within: Surroundings,
  ) => {
    // Of an assignment (modes from 3) the target stands before the value.
    const value = parseMode === undefined || parseMode < 3 ? query : query.replace(/^[^=]*=/, '');
    const dynamic = key === 'dynquery' || (key === 'query' && /^PLpgSQL_stmt_dyn/.test(kind));
    const known = dynamic ? constant(value, parser) : undefined;
    code.dynamic ||= dynamic && known === undefined;
    const statement = known ?? (parseMode === 0 ? query : undefined);
    code.pieces.push({
      text: statement ?? value,
      value: statement === undefined,
      within: left === undefined ? within : [left, ...within],
    });
    // A message is shown, and rows are stored: neither is run.
    if (kind !== 'PLpgSQL_stmt_raise' && !/^\s*(insert|update|delete|merge)\b/i.test(query))
      code.literals.push(...parser.strings(value));
  };
  const walk = (node: ParseNode, kind: string, within: Surroundings): void => {
    const inner = Object.entries(node).flatMap(([key, value]): [string, ParseNode][] =>
      typeof value === 'object' && value !== null ? [[key, value as ParseNode]] : [],
    );
    // The query of a loop is given after its body.
    for (const [key, value] of inner) {
      const expression = child(value, 'PLpgSQL_expr');
      if (expression !== undefined) add(kind, key, expression, within);
    }
    for (const [key, value] of inner) {
      if ('PLpgSQL_expr' in value) continue;
      // `RAISE … USING` holds its values one level lower.
      const of = key.startsWith('PLpgSQL_stmt_') || kind !== 'PLpgSQL_stmt_raise' ? key : kind;
      walk(value, of, isConditional(key, value, node, kind) ? [...within, value] : within);
    }
    if (/^PLpgSQL_stmt_(return|exit)$/.test(kind)) left = node;
  };
  walk(block, '', []);
  return code;
}

/** Statements of a branch, a loop, a handler, or a block that has one. */
function isConditional(key: string, value: ParseNode, node: ParseNode, kind: string): boolean {
  if (!Array.isArray(value)) return false;
  if (key === 'body') return kind !== 'PLpgSQL_stmt_block' || 'exceptions' in node;
  return /^(then_body|else_body|stmts|else_stmts|action)$/.test(key);
}

/** The text of `'drop table notes'`; undefined where it is put together. */
function constant(expression: string, parser: SqlParser): string | undefined {
  const parsed = parser.parse(`SELECT ${expression}`);
  const select = 'file' in parsed ? parsed.file.statements[0]?.node : undefined;
  const value = child(wrapped(select, 'targetList', 'ResTarget')[0], 'val');
  return textOf(child(child(value, 'A_Const'), 'sval'), 'sval');
}
