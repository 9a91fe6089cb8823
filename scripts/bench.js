/** `npm run bench -- ROOM [--json]`: figures of a room, one line each; see `bench/`. */
import { becomeNode, ensureBuild, ensureChromium, ensureKernels, ensurePackages } from './prepare.js';

ensurePackages();
ensureKernels();
const browser = process.argv.includes('app') || process.argv.includes('server');
if (browser) ensureBuild();
becomeNode('bench/main.ts', process.argv.slice(2), browser ? { CHROMIUM_PATH: ensureChromium() } : {});
