import { imageRepositories } from '#config/scratch-image';

/** An image of a known publisher that this machine's Docker has. */
export interface PostgresImage {
  /** Digest of its configuration, which names these very bytes; containers are started by it. */
  id: string;
  repository: string;
  /** What it was called when it was fetched; says nothing for sure. */
  tag?: string;
  /** By which the registry gave it out. */
  digest: string;
}

export interface WantedImage {
  major?: number | undefined;
  /** E.g. `15.8`. */
  version?: string | undefined;
  platform?: 'supabase' | undefined;
  /** `name@sha256:…`: this one and no other. */
  pinned?: string | undefined;
}

/** For `docker image ls`; the fields hold no tab. */
export const imageListFormat = '{{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}';

/**
 * The images of known publishers in what docker lists. One without digest came from no registry: it was built or loaded here, and
 * nobody knows what is in it. Pure.
 */
export function parseImageList(text: string): PostgresImage[] {
  return text.split('\n').flatMap((line) => {
    const [repository = '', tag = '', digest = '', id = ''] = line.trim().split('\t');
    if (!Object.hasOwn(imageRepositories, repository) || !/^sha256:[0-9a-f]{64}$/.test(digest)) return [];
    if (!/^sha256:[0-9a-f]{64}$/.test(id)) return [];
    return [{ id, repository, digest, ...(tag === '' || tag === '<none>' ? {} : { tag }) }];
  });
}

/** How many images are looked into at most: each is a container that runs for a moment. */
const mostLooks = 3;

/** The images that may be what is wanted, the likeliest first; what they really are they tell themselves. Pure. */
export function planLooks(images: readonly PostgresImage[], wanted: WantedImage): PostgresImage[] {
  const { major, version, platform } = wanted;
  if (wanted.pinned !== undefined) {
    const { name, digest } = splitReference(wanted.pinned);
    return images.filter((image) => image.digest === digest && familiar(image.repository) === name).slice(0, 1);
  }
  const rank = ({ repository, tag = '' }: PostgresImage) => {
    const ours = (imageRepositories[repository] === 'supabase') === (platform === 'supabase');
    const exact = version !== undefined && (tag === version || new RegExp(`^${escaped(version)}[.-]`).test(tag));
    return (ours ? 0 : 4) + (exact ? 0 : tag === '' ? 1 : 2);
  };
  const fitting = images.filter(({ repository, tag }) => {
    // A Supabase image brings roles and extensions that another server has not; for that one it proves nothing more.
    if (platform !== 'supabase' && imageRepositories[repository] === 'supabase') return false;
    const [, said] = /^(\d+)(?:[.-]|$)/.exec(tag ?? '') ?? [];
    return major === undefined || said === undefined || Number(said) === major;
  });
  const once = new Map(
    fitting.toSorted((a, b) => rank(b) - rank(a) || order(b, a)).map((image) => [image.id, image] as const),
  );
  return [...once.values()].toSorted((a, b) => rank(a) - rank(b) || order(a, b)).slice(0, mostLooks);
}

/** The newest tag first, then the shorter one. */
function order(a: PostgresImage, b: PostgresImage): number {
  const number = ({ tag = '' }: PostgresImage) => Number.parseInt(tag, 10) || 0;
  return number(b) - number(a) || (a.tag ?? '').length - (b.tag ?? '').length;
}

function splitReference(reference: string): { name: string; digest: string } {
  const [before = '', digest = ''] = reference.split('@');
  return { name: familiar(before.replace(/:[\w.-]+$/, '')), digest };
}

/** As Docker lists what came from its own hub. */
function familiar(name: string): string {
  return name.replace(/^docker\.io\/(?:library\/)?/, '');
}

function escaped(text: string): string {
  return text.replaceAll('.', String.raw`\.`);
}

/** What a container of the image said of itself: the programs, and the extensions that its server has. */
export interface ImageReport {
  version: string;
  extensions: string[];
}

/** A line that no program prints by itself. */
export const lookMark = 'ops-actions-look';

/**
 * Run by `sh` with the folder as its argument. The first lines prove that the folder is the same one here and there, for a daemon may be
 * on another machine or map users; the extensions are where pg_config says or, in Supabase's image, where its parts are linked.
 */
export const lookScript = [
  'set -e',
  'cat "$1/look"',
  ': > "$1/seen"',
  'postgres --version',
  'pg_dump --version',
  'initdb --version',
  'set +e',
  'for share in "$(pg_config --sharedir 2>/dev/null)" /usr/share/postgresql /nix/var/nix/profiles/default/share/postgresql; do',
  '  ls "$share/extension" 2>/dev/null',
  'done',
  'true',
].join('\n');

/** Undefined: these are no programs of one version, or the folder was another one. Pure. */
export function parseReport(text: string): ImageReport | undefined {
  const [first, ...lines] = text.split('\n').map((line) => line.trim());
  if (first !== lookMark) return undefined;
  const versions = lines.slice(0, 3).map((line) => /\(PostgreSQL\) (\d+[\w.]*)/.exec(line)?.[1]);
  const [version] = versions;
  if (version === undefined || versions.length < 3 || versions.some((other) => other !== version)) return undefined;
  const names = lines.flatMap((line) => /^([\w-]+)\.control$/.exec(line)?.[1] ?? []);
  return { version, extensions: [...new Set(names)].toSorted() };
}
