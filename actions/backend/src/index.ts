import { runAction } from '#action-kit/run-action';
import { main } from './main.ts';

await runAction(main);
