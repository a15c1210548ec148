import { type AccessObject, accessObjects, rightKey, roleNames } from './access-objects.ts';
import { identifier, textOf, wrapped } from './sql-names.ts';
import { contract, type StatementContext, type StatementFinding, warning } from './statement-finding.ts';

/** Rights and roles that running code may work by. Pure. */
export function classifyAccess(context: StatementContext): StatementFinding[] {
  const { kind, node, start } = context.statement;
  switch (kind) {
    case 'GrantStmt':
      // The right to pass a right on is none that running code works by.
      return node.is_grant === true || node.grant_option === true ? [] : revoke(context);
    case 'GrantRoleStmt': {
      const granted = wrapped(node, 'granted_roles', 'AccessPriv').map((one) => textOf(one, 'priv_name') ?? '');
      const members = roles(context, 'grantee_roles');
      const option = wrapped(node, 'opt', 'DefElem').some(({ defname }) => defname === 'admin');
      if (
        node.is_grant === true ||
        option ||
        members.length === 0 ||
        !granted.some((one) => context.existing('role', one))
      )
        return [];
      const what = `REVOKE ${granted.map(identifier).join(', ')} FROM ${members.join(', ')}`;
      return [contract(context, start, 'revoke', what)];
    }
    case 'DropRoleStmt': {
      const gone = roles(context, 'roles').filter(
        (name) => !context.remade((made) => made.kind === 'role' && made.key === name),
      );
      return gone.length === 0 ? [] : [contract(context, start, 'drop-role', `DROP ROLE ${gone.join(', ')}`)];
    }
    default: {
      const owners = roles(context, 'roles');
      if (owners.length === 0) return [];
      const message = `DROP OWNED takes every object of ${owners.join(', ')} in this database, tables with their rows among them, and every right that was given to them`;
      const correction =
        'drop what is meant by name, in a later release; for the rest REASSIGN OWNED; where everything is meant: -- ops:accept drop-owned <why>';
      return [{ offset: start, rule: 'drop-owned', olderCode: 'breaks', severity: 'refuse', message, correction }];
    }
  }
}

/** Those that were there before the pending files; `public` and `current_user` always were. */
function roles(context: StatementContext, key: string): string[] {
  return roleNames(context.statement.node, key).filter((name) => context.existing('role', name));
}

/** What the pending files make, nobody may use yet; what they replace has been given its rights just before, as a rule. */
function revoke(context: StatementContext): StatementFinding[] {
  const { node, start } = context.statement;
  const from = roles(context, 'grantees');
  const named = accessObjects(node);
  const existing = named.filter((one) => one === undefined || context.existing(one.kind, one.key));
  if (from.length === 0 || (named.length > 0 && existing.length === 0)) return [];
  const rights = wrapped(node, 'privileges', 'AccessPriv').map((one) =>
    (textOf(one, 'priv_name') ?? 'all').toUpperCase(),
  );
  const labels = existing.flatMap((one) => one?.label ?? []);
  const on = labels.length === 0 ? '' : ` ON ${labels.join(', ')}`;
  const what = `REVOKE ${rights.length === 0 ? 'ALL' : rights.join(', ')}${on} FROM ${from.join(', ')}`;
  const given = (one: AccessObject) =>
    from.every((role) => context.remade((made) => made.kind === 'right' && made.key === rightKey(one, role)));
  if (existing.length > 0 && existing.every((one) => one !== undefined && given(one)))
    return [
      warning(
        start,
        'revoke',
        `${what}: the file gives rights on it again, and whether they are all that running code works by is not in the file`,
        'make sure that no deployed code works by a right that is not given again',
      ),
    ];
  // What stands in a schema may be older than a statement that makes the schema where it is missing.
  if (!existing.every((one) => one !== undefined && !one.whole && context.madeBefore(one.kind, one.key)))
    return [contract(context, start, 'revoke', what)];
  const message = `${what}: the pending files make or replace it, and where it was there before, running code may have had the right`;
  return [warning(start, 'revoke', message, 'make sure that no deployed code uses it as this role')];
}
