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
  if (problems.length > 0) throw new InputError(problems);
}
