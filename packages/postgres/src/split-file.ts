import { textOf } from './sql-names.ts';
import type { ParsedStatement } from './sql-parser.ts';
import { standsAlone } from './statement-kinds.ts';

/** Statements that are applied together; `from` and `to` are indexes of statements, `to` is the first one after. */
export interface FilePiece {
  /** `transaction`: whole or not at all. `alone`: one statement that PostgreSQL refuses inside a transaction. */
  kind: 'transaction' | 'alone';
  from: number;
  to: number;
  sql: string;
}

/**
 * How a file has to be applied. `whole` is the usual case: one transaction, also where the file brings its own BEGIN and
 * COMMIT around everything. Otherwise it commits by itself, piece by piece, in exactly these places. Pure.
 */
export function splitFile(
  sql: string,
  statements: readonly ParsedStatement[],
): { whole: string } | { pieces: FilePiece[] } {
  const control = statements.map(controlOf);
  const alone = statements.some(standsAlone);
  const commits = control.filter((word) => word === 'commit').length;
  const last = control.lastIndexOf('commit');
  if (!alone && control.every((word) => word === undefined)) return { whole: sql };
  // A COMMIT with nothing after it ends what our own transaction ends anyway.
  if (!alone && (commits === 0 || (commits === 1 && last === statements.length - 1))) {
    return { whole: textOfPiece(sql, statements, 0, statements.length) };
  }
  const pieces: FilePiece[] = [];
  let from = 0;
  const cut = (to: number) => {
    const text = textOfPiece(sql, statements, from, to);
    if (text !== '') pieces.push({ kind: 'transaction', from, to, sql: text });
    from = to;
  };
  for (const [index, statement] of statements.entries()) {
    if (control[index] !== undefined) {
      cut(index);
      from = index + 1;
    } else if (standsAlone(statement)) {
      cut(index);
      pieces.push({ kind: 'alone', from: index, to: index + 1, sql: sql.slice(statement.start, statement.end) });
      from = index + 1;
    }
  }
  cut(statements.length);
  return { pieces };
}

/** `begin` and `commit` of the file itself, which are not sent. */
export function controlOf(statement: ParsedStatement): 'begin' | 'commit' | undefined {
  if (statement.kind !== 'TransactionStmt') return undefined;
  const kind = textOf(statement.node, 'kind');
  if (kind === 'TRANS_STMT_BEGIN' || kind === 'TRANS_STMT_START') return 'begin';
  return kind === 'TRANS_STMT_COMMIT' ? 'commit' : undefined;
}

function textOfPiece(sql: string, statements: readonly ParsedStatement[], from: number, to: number): string {
  return statements
    .slice(from, to)
    .filter((statement) => controlOf(statement) === undefined)
    .map((statement) => sql.slice(statement.start, statement.end))
    .join('\n;\n');
}
