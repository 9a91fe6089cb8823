/** `npm run bench -- ROOM [--json]`: figures of a room, one line each; see `bench/`. */
import { becomeNode, ensureKernels, ensurePackages } from './prepare.js';

ensurePackages();
ensureKernels();
becomeNode('bench/main.ts', process.argv.slice(2));
