import type { ProjectVariable } from './project-variables.ts';

/** One variable as it was saved; without a value where Vercel never gave it. */
export type SavedVariable = ProjectVariable;

/** What a restore would do, by name. Nothing is ever removed. */
export interface VariablesBack {
  change: { id: string; from: ProjectVariable; to: Omit<ProjectVariable, 'id'> & { value: string } }[];
  create: (Omit<ProjectVariable, 'id'> & { value: string })[];
  /** As they were. */
  same: string[];
  /** Saved without a value, because Vercel gives none: they stay as they are, or have to be typed again. */
  notCovered: string[];
  /** There now, and not in the file. */
  extra: string[];
  /** Asked for by name, and in no file. */
  unknown: string[];
}

/**
 * Compares what was saved with what is there. A variable is the same one by its id, or by its name where it applies to something in
 * common: two of one name cannot apply to one place. Pure.
 */
export function planVariablesBack(
  saved: readonly SavedVariable[],
  live: readonly ProjectVariable[],
  /** Names; undefined: all of them. */
  wanted?: readonly string[],
): VariablesBack {
  const plan: VariablesBack = { change: [], create: [], same: [], notCovered: [], extra: [], unknown: [] };
  const chosen = saved.filter(({ key }) => wanted === undefined || wanted.includes(key));
  const met = new Set<string>();
  for (const one of chosen) {
    const there =
      live.find(({ id, key }) => id === one.id && key === one.key) ??
      live.find((other) => !met.has(other.id) && other.key === one.key && meet(one, other));
    if (there !== undefined) met.add(there.id);
    const { id: _, value, ...rest } = one;
    if (value === undefined) plan.notCovered.push(nameOf(one));
    else if (there === undefined) plan.create.push({ ...rest, value });
    else if (equal(one, there)) plan.same.push(nameOf(one));
    // Vercel keeps what is sensitive sensitive, and says of no value whether it is another one.
    else
      plan.change.push({
        id: there.id,
        from: there,
        to: { ...rest, value, ...(there.type === 'sensitive' ? { type: there.type } : {}) },
      });
  }
  if (wanted === undefined) plan.extra = live.filter(({ id }) => !met.has(id)).map(nameOf);
  plan.unknown = (wanted ?? []).filter((name) => !saved.some(({ key }) => key === name));
  return plan;
}

/** Name and where it applies, for people. Pure. */
export function nameOf({ key, target, gitBranch, customEnvironmentIds }: Omit<ProjectVariable, 'id'>): string {
  const places = [...target, ...customEnvironmentIds, ...(gitBranch === undefined ? [] : [`branch ${gitBranch}`])];
  return places.length === 0 ? key : `${key} (${places.join(', ')})`;
}

function meet(one: ProjectVariable, other: ProjectVariable): boolean {
  return (
    one.gitBranch === other.gitBranch &&
    (one.target.some((place) => other.target.includes(place)) ||
      one.customEnvironmentIds.some((place) => other.customEnvironmentIds.includes(place)))
  );
}

function equal(one: ProjectVariable, other: ProjectVariable): boolean {
  return (
    one.value === other.value &&
    one.type === other.type &&
    one.gitBranch === other.gitBranch &&
    one.target.join() === other.target.join() &&
    one.customEnvironmentIds.join() === other.customEnvironmentIds.join()
  );
}
