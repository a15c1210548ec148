/** Reads an https address, or http of this machine (sandboxes); without trailing slash. Throws an Error. */
export function parseAddress(given: string): string {
  const url = URL.parse(given.trim());
  const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url?.hostname ?? '');
  if (!url || (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback))) {
    throw new Error('must be an address that starts with https:// (http:// only for this machine)');
  }
  if (url.username || url.password) throw new Error('must not hold a user name or password');
  return given.trim().replace(/\/+$/, '');
}
