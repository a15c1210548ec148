const loopback = /^http:\/\/(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?(?:\/|$)/;

/** Where the project answers: `https://<ref>.supabase.co`, or the API's own address where that is a sandbox of this machine. */
export function projectAddress(apiUrl: string, project: string): string {
  return loopback.test(apiUrl) ? apiUrl : `https://${project}.supabase.co`;
}
