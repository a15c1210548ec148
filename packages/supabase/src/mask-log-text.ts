import { cleanText } from '#http/text';

const hidden = '***';

/** What looks like a secret or a person, wherever it stands; each keeps the words around it. */
const patterns: readonly [RegExp, string][] = [
  // A JSON Web Token.
  [/\beyJ[\w-]{6,}(?:\.[\w-]+){1,2}/g, hidden],
  // Keys that say whose they are: Supabase, Stripe, GitHub, Slack, AWS, Google, OpenAI, SendGrid, npm.
  [
    /\b(?:sbp_|sb_secret_|[sr]k[-_]|whsec_|gh[a-z]_|github_pat_|xox[a-z]-|AKIA|AIza|SG\.|npm_|re_|key-)[\w.-]{8,}/g,
    hidden,
  ],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${hidden}`],
  // A password inside an address.
  [/:\/\/([^\s/@:]*):[^\s@]+@/g, `://$1:${hidden}@`],
  // name=value, name: "value"; a sentence such as "token expired" stays.
  [
    /\b([\w-]*(?:secret|token|passw(?:or)?d|api[-_]?key|authorization|cookie|session)[\w-]*["']?\s*[:=]\s*["']?)(?:(?:Bearer|Basic)\s+)?[^\s"',;&}]+/gi,
    `$1${hidden}`,
  ],
  [/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, `${hidden}@${hidden}`],
  // Long text without a word in it; the id of an execution (a UUID) stays.
  [
    /(?<![\w+/=-])(?=[\w+/-]*\d)(?=[\w+/-]*[A-Za-z])(?![\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}(?![\w+/-]))[\w+/-]{32,}={0,2}/gi,
    hidden,
  ],
];

/**
 * One line of a foreign log as it may be shown: bounded, without control characters, known secrets and what looks like one masked.
 * What an application logs in words of its own cannot be recognised. Pure.
 */
export function maskLogText(text: string, secrets: readonly string[], maxLength = 300): string {
  // Before it is cut: half a token is one, too.
  let shown = cleanText(text, 4 * maxLength);
  for (const secret of secrets) if (secret !== '') shown = shown.replaceAll(secret, hidden);
  for (const [pattern, replacement] of patterns) shown = shown.replace(pattern, replacement);
  return cleanText(shown, maxLength);
}
