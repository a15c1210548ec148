import { describeUntouched } from '#backup/restore-live';
import type { HeldWrites } from './hold-writes.ts';
import { howToResume } from './write-stop.ts';

export type Stage =
  | { name: 'saving the present state' }
  | { name: 'making roles' }
  | { name: 'replacing the database in one transaction'; rolesMade: readonly string[] }
  | { name: 'looking at what was restored'; saved: string };

/** The line in front of a stage of a restore: what holds where the run ends in it, and what to do then. Pure. */
export function describeIfItStops(stage: Stage, { stop }: Pick<HeldWrites, 'stop'>): string {
  const readOnly = stop === undefined ? '' : `; new sessions stay read-only until then, or until ${howToResume}`;
  const begin = `${stage.name}; if this run ends now, `;
  switch (stage.name) {
    case 'saving the present state':
      return `${begin}${describeUntouched()}: run the restore again${readOnly}`;
    case 'making roles':
      return `${begin}${describeUntouched()}, but for roles that were made already, which stay: run the restore again${readOnly}`;
    case 'replacing the database in one transaction':
      return `${begin}${describeUntouched(stage.rolesMade)}: run the restore again${readOnly}`;
    case 'looking at what was restored':
      return `${begin}the database is the restored one: compare it yourself, run the restore again, or go back to ${stage.saved}${stop === undefined ? '' : `; new sessions stay read-only; ${howToResume}`}`;
  }
}
