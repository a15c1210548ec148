import type { GitHub } from '#github/client';
import { readFacts } from '#release/after-release/read-facts';
import type { OutcomeFacts } from '#release/decide-release-outcome';
import type { ReleaseHandle } from '#release/release-handle';
import { badStageOf } from '#release/would-have-been';

/**
 * What the record says of a stage that was bad and that mode observe led on; read only where the release would end as proven or live:
 * after a hand-off, or in a second attempt, the promotion of this job does not know of it. @throws GitHubError.
 */
export async function readBadStage(
  github: GitHub,
  { mode, ledgerId }: Pick<ReleaseHandle, 'mode' | 'ledgerId'>,
  { watch }: Pick<OutcomeFacts, 'watch'>,
): Promise<string | undefined> {
  if (mode !== 'observe' || ledgerId === 0 || !['pass', 'held'].includes(watch.decision)) return undefined;
  return badStageOf(await readFacts(github, ledgerId));
}
