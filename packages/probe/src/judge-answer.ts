import { cleanText } from '#http/text';
import type { Check } from './check.ts';
import { readJsonPath } from './json-path.ts';
import type { ProbeAnswer } from './send-probe.ts';
import { isSsoWall } from './sso-wall.ts';

/** Why an answer does not meet its check. */
export interface Complaint {
  reasonCode: string;
  message: string;
}

/** Compares an answer with its check: the first thing wrong, or undefined. Field values are shown, whole bodies never (S21). */
export function judgeAnswer(check: Check, answer: ProbeAnswer): Complaint | undefined {
  return (
    complaintAboutStatus(check, answer) ?? complaintAboutJson(check, answer.body) ?? complaintAboutText(check, answer)
  );
}

function complaintAboutStatus(check: Check, answer: ProbeAnswer): Complaint | undefined {
  if (isSsoWall(answer)) {
    const message = `status ${answer.status} is Vercel's login wall, not the app; give protection-bypass-secret (Project Settings, Deployment Protection, Protection Bypass for Automation)`;
    return { reasonCode: 'sso_wall', message };
  }
  const redirect = redirectTarget(check, answer);
  if (check.status) {
    if (check.status.includes(answer.status)) return undefined;
    return {
      reasonCode: 'wrong_status',
      message: `status ${answer.status}${redirect}, expected ${check.status.join(' or ')}`,
    };
  }
  if (answer.status < 200 || answer.status >= 400) {
    return { reasonCode: 'wrong_status', message: `status ${answer.status}, expected 200 to 399` };
  }
  if (redirect && hostOfRedirect(check, answer) !== check.url.host) {
    const message = `status ${answer.status}${redirect}, which is another host; check the address that answers, or list ${answer.status} in expect-status`;
    return { reasonCode: 'redirect_to_other_host', message };
  }
  return undefined;
}

function hostOfRedirect(check: Check, answer: ProbeAnswer): string | undefined {
  return URL.parse(answer.headers.location ?? '', check.url.href)?.host;
}

function redirectTarget(check: Check, answer: ProbeAnswer): string {
  const target =
    answer.status >= 300 && answer.status < 400 && URL.parse(answer.headers.location ?? '', check.url.href);
  return target ? ` to ${cleanText(`${target.origin}${target.pathname}`, 200)}` : '';
}

function complaintAboutJson(check: Check, body: string): Complaint | undefined {
  const expectations = Object.entries(check.json);
  if (expectations.length === 0) return undefined;
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    return { reasonCode: 'not_json', message: `the body is not JSON, expected ${expectations[0]?.[0]} in it` };
  }
  for (const [path, expected] of expectations) {
    const found = readJsonPath(document, path);
    if (found === expected) continue;
    return { reasonCode: 'body_mismatch', message: `${path} is ${show(found)}, expected ${show(expected)}` };
  }
  return undefined;
}

function complaintAboutText(check: Check, answer: ProbeAnswer): Complaint | undefined {
  if (check.contains === undefined || answer.body.includes(check.contains)) return undefined;
  return { reasonCode: 'body_mismatch', message: `the body does not contain ${show(check.contains)}` };
}

function show(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return cleanText(JSON.stringify(value), 80);
}
