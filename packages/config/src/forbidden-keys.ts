const forbidden: { key: RegExp; reason: string }[] = [
  {
    key: /(^|-)api-(url|address)$|^(base|api)-?url$/,
    reason:
      'addresses that tokens are sent to cannot be set by a file of the branch; give the input (vercel-api-url, slack-api-url, …) in the workflow file',
  },
  {
    key: /(^|-)recipients?$/,
    reason:
      'who can read the backups cannot be set by a file of the branch; give the input age-recipients in the workflow file',
  },
  {
    key: /(^|-)(token|password|secret|credentials?|api-key|routing-key|identity|private-key)s?$|^secrets?(-name)?s?$|^(database|smtp|webhook|slack-webhook)-url$/,
    reason:
      'credentials and their names cannot be set by a file of the branch; give them as secrets in the workflow file (names as in the documentation, e.g. VERCEL_TOKEN)',
  },
  {
    key: /^throw-?away$/,
    reason:
      'only the workflow file may say that the data of an environment may be lost; give the input throw-away there',
  },
  {
    key: /^allow-older$/,
    reason: 'only the workflow file may allow an older release; give the input allow-older there',
  },
  { key: /^phones?$/, reason: 'telephone numbers stay out of the repository' },
];

/** Why a key may never stand in ops.yml (S11) and where it belongs; undefined for any other key. */
export function forbiddenKey(key: string): string | undefined {
  return forbidden.find((entry) => entry.key.test(key.toLowerCase().replaceAll('_', '-')))?.reason;
}

const secretForms =
  /xox[abeoprs]-\w|AGE-SECRET-KEY-1|-----BEGIN [A-Z ]*PRIVATE KEY|\b(sbp|ghp|gho|ghs|github_pat|sk_live|rk_live|vcp|vca)_\w{8}|\w+:\/\/[^\s/:@]+:[^\s/@]+@|hooks\.slack(-gov)?\.com\/(services|workflows)\/\w|\beyJ[\w-]{10,}\.eyJ/;

/** True for a value that has the form of a token, a key or an address with a password. */
export function looksSecret(value: unknown): boolean {
  return typeof value === 'string' && secretForms.test(value);
}
