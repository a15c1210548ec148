/** How a second remote of the repository is reached. */
export interface MirrorPlan {
  /** What git is given; holds no secret. */
  remote: string;
  /** For messages. */
  where: string;
  kind: 'path' | 'https' | 'ssh';
}

export interface MirrorProblem {
  name: string;
  message: string;
  allowed?: string;
  given?: string;
}

const sshForm = /^(?:ssh:\/\/)?[\w.-]+@[\w.-]+(?::\d+\/|:|\/)(?!-)[\w./~-]+$/;
const allowed =
  'ssh://git@host/org/repository.git, git@host:org/repository.git, https://host/org/repository.git, or an absolute path';

/** Reads the address of the remote and whether what it needs was given. Pure. */
export function planMirror(given: {
  remote: string;
  /** True where it was given; never the secret itself. */
  sshKey: boolean;
  knownHosts: boolean;
  token: boolean;
}): { plan?: MirrorPlan; problems: MirrorProblem[] } {
  const { remote } = given;
  const problems: MirrorProblem[] = [];
  const need = (name: string, message: string, what: string) => problems.push({ name, message, allowed: what });
  if (remote.startsWith('/')) return { plan: { remote, where: `folder ${remote}`, kind: 'path' }, problems };
  const url = /^https:\/\//.test(remote) ? URL.parse(remote) : null;
  if (url !== null) {
    // Its words are in logs, and everybody on the machine sees arguments: a password there is one that has to be replaced.
    if (url.username !== '' || url.password !== '' || url.search !== '')
      need(
        'remote',
        'carries a user or a secret in its address',
        'the plain address, and the token as secret MIRROR_TOKEN',
      );
    if (!given.token) need('token', 'is needed by an https remote', 'secret MIRROR_TOKEN that may push there');
    return problems.length > 0
      ? { problems }
      : { plan: { remote, where: `${url.host}${url.pathname}`, kind: 'https' }, problems };
  }
  if (!sshForm.test(remote)) {
    return { problems: [{ name: 'remote', message: 'is no address of a git repository', allowed, given: remote }] };
  }
  if (!given.sshKey)
    need('ssh-key', 'is needed by an ssh remote', 'secret MIRROR_SSH_KEY: private deploy key that may write');
  if (!given.knownHosts)
    need(
      'known-hosts',
      'is needed by an ssh remote: without it nobody knows who gets the code',
      'lines of ssh-keyscan, compared with what the host publishes',
    );
  return problems.length > 0 ? { problems } : { plan: { remote, where: remote, kind: 'ssh' }, problems };
}
