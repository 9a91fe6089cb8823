/** `npm run learn -- NAME [--seeds 0..4]`: trains to a published budget and stands beside the published figure; see `bench/learn/`. */
import { becomeNode, ensureKernels, ensurePackages } from './prepare.js';

ensurePackages();
ensureKernels();
becomeNode('bench/learn/main.ts', process.argv.slice(2));
