/**
 * Who publishes the images that a scratch server may come from, by repository. Nothing else of a registry is taken: these programs
 * get the connection to the database and the decrypted dump, and ops.yml is no more trusted than its branch (S11).
 */
export const imageRepositories: Readonly<Record<string, 'official' | 'supabase'>> = {
  postgres: 'official',
  'docker.io/library/postgres': 'official',
  'public.ecr.aws/docker/library/postgres': 'official',
  'supabase/postgres': 'supabase',
  'docker.io/supabase/postgres': 'supabase',
  'public.ecr.aws/supabase/postgres': 'supabase',
  'ghcr.io/supabase/postgres': 'supabase',
};

/** How such an image is named. */
export const scratchImageForm = `name@sha256:<64 hex digits> of ${Object.keys(imageRepositories).join(', ')}`;

/** What is wrong with the name of an image; undefined: it is one of a known publisher, by digest. Pure. */
export function scratchImageProblem(reference: string): string | undefined {
  const [, name = '', tag, digest] = /^([^@:\s]+)(?::([\w.-]+))?(?:@(\S+))?$/.exec(reference) ?? [];
  if (!Object.hasOwn(imageRepositories, name)) return 'is no image of a known publisher';
  if (digest === undefined) {
    const tagged = `${name}:${tag ?? '<tag>'}`;
    return `a tag can be moved to another image (S32): give its digest, which this prints: docker pull --quiet ${tagged} && docker image inspect --format '{{join .RepoDigests " "}}' ${tagged}`;
  }
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) return 'its digest is not sha256: and 64 hex digits';
  return undefined;
}
