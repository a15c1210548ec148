/** Who gets the bypass secret. */
export interface SecretPlan {
  hosts: Set<string>;
  /** Whether the command gets it, which tests the host of base-url. */
  command: boolean;
  /** For the log: which host does not get it, and why. */
  withheld: string[];
}

/**
 * Only hosts that the workflow file names and, where Vercel was asked before, that it says belong to the project: an address of
 * ops.yml must not choose who gets a secret (S11, S20). Pure.
 */
export function planSecret(
  /** Named in base-url and app-urls. */
  named: ReadonlySet<string>,
  /** Of the address under test. */
  host: string,
  /** What Vercel says; absent where nobody asked. */
  owned: readonly string[] | undefined,
): SecretPlan {
  if (named.size === 0)
    return {
      hosts: new Set(),
      command: false,
      withheld: ['The bypass secret is not sent: name the tested address in base-url.'],
    };
  const hosts = new Set([...named].filter((each) => owned === undefined || owned.includes(each)));
  const withheld = [...named]
    .filter((each) => !hosts.has(each))
    .map((each) => `The bypass secret is not sent to ${each}: it is none of secret-hosts.`);
  return { hosts, command: hosts.has(host), withheld };
}
