import type { ObjectKind } from './made-objects.ts';
import {
  child,
  children,
  identifier,
  keyOfPath,
  type ParseNode,
  qualified,
  relationKey,
  relationName,
  stringList,
  textOf,
  wrapped,
} from './sql-names.ts';

/** What rights are given on or taken from. */
export interface AccessObject {
  kind: ObjectKind;
  /** As of a `MadeObject`. */
  key: string;
  label: string;
  /** All objects of a schema, which is what `key` names. */
  whole: boolean;
}

/** Roles of a list; `public` and `current_user` among them. Pure. */
export function roleNames(node: ParseNode, key: string): string[] {
  return wrapped(node, key, 'RoleSpec').map(
    (role) => textOf(role, 'rolename') ?? (textOf(role, 'roletype') ?? '').replace(/^ROLESPEC_/, '').toLowerCase(),
  );
}

/** Names the object, for whole schemas with its type, and the role. Pure. */
export function rightKey({ kind, key, label, whole }: AccessObject, role: string): string {
  return `${whole ? label : `${kind} ${key}`} ${role}`;
}

/** The objects of GRANT and REVOKE; undefined of what no statement of ours makes: databases, languages, large objects. Pure. */
export function accessObjects(node: ParseNode): (AccessObject | undefined)[] {
  const type = textOf(node, 'objtype');
  const whole = textOf(node, 'targtype') === 'ACL_TARGET_ALL_IN_SCHEMA';
  return children(node, 'objects').map((object): AccessObject | undefined => {
    const relation = relationName(child(object, 'RangeVar'));
    if (relation !== undefined)
      return { kind: 'relation', key: relationKey(relation), label: qualified(relation), whole };
    const routine = child(object, 'ObjectWithArgs');
    const path =
      routine === undefined
        ? stringList(children(child(object, 'List'), 'items'))
        : stringList(children(routine, 'objname'));
    const label = path.map(identifier).join('.');
    if (routine !== undefined) return { kind: 'function', key: keyOfPath(path), label, whole };
    if (type === 'OBJECT_TYPE' || type === 'OBJECT_DOMAIN') return { kind: 'type', key: keyOfPath(path), label, whole };
    const [name = ''] = stringList([object]);
    return whole || type === 'OBJECT_SCHEMA'
      ? { kind: 'schema', key: name, label: `${whole ? `${kindOf(type)} in ` : ''}schema ${identifier(name)}`, whole }
      : undefined;
  });
}

/** `OBJECT_TABLE` as GRANT writes it: `all tables`. */
function kindOf(type: string | undefined): string {
  return `all ${(type ?? '').replace(/^OBJECT_/, '').toLowerCase()}s`;
}
