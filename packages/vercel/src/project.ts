export { VercelError } from './vercel-error.ts';
export type * from './vercel-types.ts';
