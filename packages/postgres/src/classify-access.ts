import { keyOfPath, type MadeObject } from './made-objects.ts';
import {
  child,
  children,
  identifier,
  type ParseNode,
  qualified,
  relationKey,
  relationName,
  stringList,
  textOf,
  wrapped,
} from './sql-names.ts';
import { contract, type StatementContext, type StatementFinding, warning } from './statement-finding.ts';

/** Rights and roles that running code may work by. Pure. */
export function classifyAccess(context: StatementContext): StatementFinding[] {
  const { kind, node, start } = context.statement;
  switch (kind) {
    case 'GrantStmt':
      return node.is_grant === true ? [] : revoke(context);
    case 'GrantRoleStmt': {
      const granted = wrapped(node, 'granted_roles', 'AccessPriv').map((one) => textOf(one, 'priv_name') ?? '');
      const members = roles(context, 'grantee_roles');
      if (node.is_grant === true || members.length === 0 || !granted.some((one) => context.existing('role', one)))
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

/** Names of roles that were there before the pending files; `public` and `current_user` always were. */
function roles(context: StatementContext, key: string): string[] {
  return wrapped(context.statement.node, key, 'RoleSpec')
    .map((role) => textOf(role, 'rolename') ?? (textOf(role, 'roletype') ?? '').replace(/^ROLESPEC_/, '').toLowerCase())
    .filter((name) => context.existing('role', name));
}

/** What the pending files make, nobody may use yet; what they replace has been given its rights just before, as a rule. */
function revoke(context: StatementContext): StatementFinding[] {
  const { node, start } = context.statement;
  const from = roles(context, 'grantees');
  const named = objectsOf(node);
  const existing = named.filter((one) => one === undefined || context.existing(one.kind, one.key));
  if (from.length === 0 || (named.length > 0 && existing.length === 0)) return [];
  const rights = wrapped(node, 'privileges', 'AccessPriv').map((one) =>
    (textOf(one, 'priv_name') ?? 'all').toUpperCase(),
  );
  const labels = existing.flatMap((one) => one?.label ?? []);
  const on = labels.length === 0 ? '' : ` ON ${labels.join(', ')}`;
  const what = `REVOKE ${rights.length === 0 ? 'ALL' : rights.join(', ')}${on} FROM ${from.join(', ')}`;
  if (!existing.every((one) => one !== undefined && context.madeBefore(one.kind, one.key)))
    return [contract(context, start, 'revoke', what)];
  const message = `${what}: the pending files make or replace it, and where it was there before, running code may have had the right`;
  return [warning(start, 'revoke', message, 'make sure that no deployed code uses it as this role')];
}

type Named = Pick<MadeObject, 'kind' | 'key'> & { label: string };

/** Undefined of what no statement of ours makes: databases, languages, large objects. */
function objectsOf(node: ParseNode): (Named | undefined)[] {
  const type = textOf(node, 'objtype');
  const whole = textOf(node, 'targtype') === 'ACL_TARGET_ALL_IN_SCHEMA';
  return children(node, 'objects').map((object): Named | undefined => {
    const relation = relationName(child(object, 'RangeVar'));
    if (relation !== undefined) return { kind: 'relation', key: relationKey(relation), label: qualified(relation) };
    const routine = child(object, 'ObjectWithArgs');
    const path =
      routine === undefined
        ? stringList(children(child(object, 'List'), 'items'))
        : stringList(children(routine, 'objname'));
    const label = path.map(identifier).join('.');
    if (routine !== undefined) return { kind: 'function', key: keyOfPath(path), label };
    if (type === 'OBJECT_TYPE' || type === 'OBJECT_DOMAIN') return { kind: 'type', key: keyOfPath(path), label };
    const [name = ''] = stringList([object]);
    return whole || type === 'OBJECT_SCHEMA'
      ? { kind: 'schema', key: name, label: `${whole ? 'everything in ' : ''}schema ${identifier(name)}` }
      : undefined;
  });
}
