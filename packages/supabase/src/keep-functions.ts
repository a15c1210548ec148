import type { FunctionsStore, SavedReference } from './functions-store.ts';
import { openFunctions, type SavedFunctions, sealDigest, sealFunctions } from './saved-functions.ts';
import { SupabaseError } from './supabase-error.ts';

export interface Keeper {
  store: FunctionsStore;
  token: string;
  project: string;
}

/** Stores what is about to be replaced and reads it back: what cannot be read back was not stored. @throws SupabaseError. */
export async function keepFunctions(keeper: Keeper, name: string, saved: SavedFunctions): Promise<SavedReference> {
  const sealed = sealFunctions(saved, keeper.token);
  const reference = await orCannot(
    async () => ({ place: await keeper.store.write(name, sealed), digest: sealDigest(sealed) }),
    'functions_not_stored',
    `The live edge functions could not be stored (${keeper.store.description}), so nothing was deployed`,
  );
  await readKept(keeper, reference);
  return reference;
}

/** Reads stored functions. @throws SupabaseError `saved_functions_unreadable`. */
export async function readKept({ store, token, project }: Keeper, reference: SavedReference): Promise<SavedFunctions> {
  const sealed = await orCannot(
    () => store.read(reference.place),
    'saved_functions_unreadable',
    `The stored edge functions (${reference.place}) cannot be read`,
  );
  if (sealDigest(sealed) !== reference.digest) {
    throw new SupabaseError(
      'saved_functions_unreadable',
      `The stored edge functions (${reference.place}) are not the bytes that the ledger names: somebody replaced them.`,
    );
  }
  const saved = openFunctions(sealed, token);
  if (saved.project === project) return saved;
  // A staging secret can hit production (trap 35).
  throw new SupabaseError(
    'wrong_project',
    `The stored edge functions are those of project ${saved.project}, not of ${project}: correct supabase-project.`,
  );
}

async function orCannot<T>(act: () => Promise<T>, reasonCode: string, what: string): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof SupabaseError) throw cause;
    throw new SupabaseError(reasonCode, `${what}: ${(cause as Error).message}`, { cause });
  }
}
