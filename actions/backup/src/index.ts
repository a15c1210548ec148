import { runAction } from '#action-kit/run-action';
import { keepHeapSmall } from '#action-kit/small-heap';

keepHeapSmall();
const { main } = await import('./main.ts');
await runAction(main);
