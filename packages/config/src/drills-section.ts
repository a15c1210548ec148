import { z } from 'zod';
import { duration, oneOf } from './values.ts';

const rhythm = () => oneOf(['daily', 'weekly', 'monthly', 'quarterly', 'annually', 'after-deploy']);

/** Rehearsals of the bad day: the first two are the drill of workflow backup.yml, `rollback` is workflow rehearse-rollback.yml. */
export const drills = z.strictObject({
  'disaster-recovery': rhythm().optional(),
  'backup-restore': rhythm().optional().meta({
    description: 'How often the newest backup is restored as a drill; check-backups is red when one was missed.',
  }),
  'restore-within': duration().optional().meta({ description: 'Time that the whole restore may take; default 30m.' }),
  'data-age': duration().optional().meta({ description: 'Age that the newest verified data may have; default 26h.' }),
  rollback: rhythm().optional().meta({
    description: 'How often the way back is rehearsed; check-backups is red when a rehearsal was missed.',
  }),
});
