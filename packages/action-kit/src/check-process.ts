import { InputError, type InputProblem } from './input-error.ts';

// Options that change memory, certificates trusted by the machine or warnings. Others can load code into our process.
const HARMLESS_OPTION =
  /^--(max-old-space-size|max-semi-space-size|use-system-ca|use-openssl-ca|no-warnings|disable-warning|no-deprecation|enable-source-maps|use-env-proxy|dns-result-order|network-family-autoselection-attempt-timeout)(=\S*)?$/;

/** Refuses a process whose TLS checks are off or into which other code is loaded (S11); throws InputError. */
export function checkProcess(environment: NodeJS.ProcessEnv): void {
  const problems: InputProblem[] = [];
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    problems.push({
      name: 'NODE_TLS_REJECT_UNAUTHORIZED',
      given: '0',
      message:
        'turns off the check of certificates, so that anybody on the way can read the tokens. Remove it; for a private certificate authority set NODE_EXTRA_CA_CERTS',
    });
  }
  const unexpected = (environment.NODE_OPTIONS ?? '')
    .split(/\s+/)
    .filter((option) => option !== '' && !HARMLESS_OPTION.test(option));
  if (unexpected.length > 0) {
    problems.push({
      name: 'NODE_OPTIONS',
      given: unexpected.join(' '),
      message:
        'could load other code into a process that holds production secrets. Remove it from the job or set it for the step that needs it',
    });
  }
  if (printsChildEnvironments(environment.NODE_DEBUG ?? '')) {
    problems.push({
      name: 'NODE_DEBUG',
      given: environment.NODE_DEBUG ?? '',
      message:
        'makes Node print the environment of every program that is started, passwords included (S15). Remove it; to see more, re-run the job with debug logging',
    });
  }
  if (problems.length > 0) throw new InputError(problems);
}

/** Whether NODE_DEBUG, a list of sections with `*`, switches on the one of child processes. */
function printsChildEnvironments(sections: string): boolean {
  return sections.split(',').some((section) => {
    const pattern = section
      .trim()
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*');
    return new RegExp(`^${pattern}$`, 'i').test('child_process');
  });
}
