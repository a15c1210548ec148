import {
  child,
  identifier,
  offsetOfNode,
  type ParseNode,
  qualified,
  type RelationName,
  relationKey,
  relationName,
  textOf,
} from './sql-names.ts';
import { type StatementContext, type StatementFinding, warning } from './statement-finding.ts';
import type { TableImpact } from './table-lock.ts';

/** A constraint that is checked against rows that exist, on a table that serves traffic. Pure. */
export function classifyConstraint(
  context: StatementContext,
  table: RelationName,
  constraint: ParseNode | undefined,
  impact: TableImpact,
): StatementFinding[] {
  if (constraint === undefined || impact.work === 'none') return [];
  const offset = offsetOfNode(context.statement, constraint);
  const name = qualified(table);
  const own = textOf(constraint, 'conname');
  const constraintName = own === undefined ? '<constraint>' : identifier(own);
  const validate = `write NOT VALID after it, and in a later file ALTER TABLE ${name} VALIDATE CONSTRAINT ${constraintName}, which stops nobody`;
  switch (textOf(constraint, 'contype')) {
    case 'CONSTR_FOREIGN': {
      const to = relationName(child(constraint, 'pktable'));
      const both =
        to === undefined || !context.existing('relation', relationKey(to)) ? name : `${name} and ${qualified(to)}`;
      const message = `the foreign key is checked against every row of ${name} while nobody can write to ${both}`;
      return [warning(offset, 'foreign-key-not-valid-missing', message, validate, impact)];
    }
    case 'CONSTR_CHECK':
    case 'CONSTR_NOTNULL': {
      const message = `the constraint is checked against every row of ${name} while nobody can read or write it, and fails when one row breaks it`;
      return [warning(offset, 'check-not-valid-missing', message, validate, impact)];
    }
    default: {
      const message = `the constraint builds its index over ${name} while nobody can read or write the table`;
      const correction = `in a file of its own CREATE UNIQUE INDEX CONCURRENTLY <index> ON ${name} (…), then ALTER TABLE ${name} ADD CONSTRAINT ${constraintName} UNIQUE USING INDEX <index>`;
      return [warning(offset, 'unique-constraint-index', message, correction, impact)];
    }
  }
}
