/** `npm run bench -- ROOM [--json]`: figures of a room, one line each; see `bench/`. */
import { becomeNode, ensureBuild, ensureChromium, ensureKernels, ensurePackages } from './prepare.js';

ensurePackages();
ensureKernels();
const built = process.argv.includes('app') || process.argv.includes('server');
const browser = built || process.argv.includes('data');
if (built) ensureBuild();
becomeNode('bench/main.ts', process.argv.slice(2), browser ? { CHROMIUM_PATH: ensureChromium() } : {});
