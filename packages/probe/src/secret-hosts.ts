/** Whoever can say that a host belongs to the project: Vercel. */
export interface HostOwner {
  owns(host: string): Promise<boolean>;
}

/**
 * The hosts that get the bypass secret: those that Vercel says belong to the project or, where it cannot be asked for lack of a
 * token, those that the workflow file names (S20). An address from ops.yml must not choose who gets a secret (S11).
 */
export async function hostsOfSecret(
  named: ReadonlySet<string>,
  host: string,
  vercel: HostOwner | undefined,
  warn: (line: string) => void,
): Promise<Set<string>> {
  const hosts = new Set<string>();
  for (const each of new Set([...named, ...(host === '' ? [] : [host])])) {
    const owned = vercel ? await isOwned(vercel, each, warn) : named.has(each);
    if (owned) hosts.add(each);
    else
      warn(
        `The bypass secret is not sent to ${each}: ${vercel ? 'Vercel does not say that it belongs to the project' : 'name it in base-url, or give vercel-token'}.`,
      );
  }
  return hosts;
}

async function isOwned(vercel: HostOwner, host: string, warn: (line: string) => void): Promise<boolean> {
  try {
    return await vercel.owns(host);
  } catch (error) {
    warn(`Vercel could not be asked about ${host}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}
