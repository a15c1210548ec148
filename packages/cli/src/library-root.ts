import { join } from 'node:path';

/** Folder that holds `deploy/`, `actions/` and `examples/` of the library that is running. */
export const libraryRoot = join(import.meta.dirname, '../../..');
