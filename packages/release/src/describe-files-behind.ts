import type { StepFacts } from './decide-release-outcome.ts';
import type { LedgerFact, ReleaseRecord } from './release-record.ts';

const byHand = 'where they are the cause, migrate-with-backup with mode: rollback takes them back';
/** Reason of a migration by a tool of one's own: nobody here knows its way back. */
const byCommand = 'command_succeeded';
const byTool = 'What its migration command did stays; where that is the cause, the tool of that command takes it back';
const notKnown = 'the command migrations lists which are applied';
/** Of a run that ended in the step that applies. */
export const filesNotKnown = `Whether its migrations are applied is not known; ${notKnown}`;

/** What became of migrations behind which the release stopped before its promotion; `back`: the step that was to undo them. Pure. */
export function describeFilesBehind(migrate: Pick<StepFacts, 'reason'>, back: StepFacts | undefined): string {
  if (migrate.reason === byCommand) return byTool;
  // Nobody asked for it, or it was not reached: older code bears them, and where the app does not a person decides.
  if (back === undefined || back.outcome === '' || back.outcome === 'skipped')
    return `Its migrations stay applied; ${byHand}`;
  const summary = back.summary.replace(/\.$/, '');
  if (back.decision === 'rolled-back' || back.decision === 'nothing-pending')
    return `Its migrations were taken back: ${summary}`;
  // Found before anything is touched.
  if (back.decision === 'refused' || back.decision === 'could-not-run')
    return `Its migrations stay applied, because they could not be taken back: ${summary}; ${byHand}`;
  // Its own words say what is undone and what is not: with this reason all of it is.
  if (back.reason === 'integrity_failed') return `Taking its migrations back failed: ${summary}`;
  if (summary !== '')
    return `Taking its migrations back failed: ${summary}; migrate-with-backup with mode: rollback tries it again`;
  return `Taking its migrations back did not finish; ${notKnown}`;
}

/** What the record of a release whose run ended before its promotion says of its migrations; undefined: it has left none. Pure. */
export function describeFilesOfDead(facts: readonly LedgerFact[]): string | undefined {
  const last = lastOfMigration(facts);
  switch (last === undefined ? '' : `${last.kind} ${last.word}`) {
    case 'intent apply':
    case 'intent command':
      return filesNotKnown;
    case 'intent rollback':
      return `Whether its migrations were taken back is not known; ${notKnown}`;
    case 'outcome applied':
      if (last?.text === byCommand) return byTool;
      return `Its migrations stay applied (${last?.text}); ${byHand}`;
    case 'outcome rolled-back':
      return 'Its migrations were taken back';
    case 'outcome failed':
    case 'outcome unknown':
      return `Its migration ended as ${last?.word} (${last?.text}); ${notKnown}`;
    default:
      return undefined;
  }
}

/**
 * Whether the undo of a release was begun and is not known to have ended well: what production still serves runs on what it left.
 * One that was refused, or found no restore point, touched nothing. Pure.
 */
export function isUndoOpen(facts: readonly LedgerFact[]): boolean {
  const begun = facts.findLastIndex(({ step, kind }) => step === 'migrate' && kind === 'intent');
  if (facts[begun]?.word !== 'rollback') return false;
  const last = lastOfMigration(facts);
  // A further attempt that was promoted has passed its tests on what is there.
  const promoted = facts.findLastIndex(({ step }) => step === 'promote') > begun;
  return !promoted && (last === facts[begun] || last?.word === 'failed');
}

/**
 * Where nothing was pending and the app failed all the same: files that releases since the last promotion have applied, so that it
 * ran on them as the first. `releases` newest first. Undefined: none is known. Pure.
 */
export function describeFilesOfEarlier(releases: readonly Pick<ReleaseRecord, 'version' | 'promotion' | 'facts'>[]) {
  const promoted = releases.findIndex(({ promotion }) => promotion !== 'none');
  const since = promoted === -1 ? releases : releases.slice(0, promoted);
  const names = since.filter(({ facts }) => mayStay(lastOfMigration(facts))).map(({ version }) => version);
  if (names.length === 0) return undefined;
  const them = [...new Set(names)].reverse().join(', ');
  return `Nothing was pending, but ${them} had migrated before and came to no promotion: those migrations stay applied unless a person took them back; ${byHand}`;
}

/** A run that died left its intent; one that failed may have left its first files. */
function mayStay(last: LedgerFact | undefined): boolean {
  if (last === undefined) return false;
  if (last.kind === 'intent') return true;
  return last.word === 'applied' || (['failed', 'unknown'].includes(last.word) && !last.text.startsWith('0 applied'));
}

/** Without the restore point, which has an outcome of its own. */
function lastOfMigration(facts: readonly LedgerFact[]): LedgerFact | undefined {
  return facts.findLast(({ step, word }) => step === 'migrate' && !word.startsWith('backup-'));
}
