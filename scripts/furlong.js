/** `npm run furlong -- COMMAND …`: the app driven from a terminal, headless; see `server/cli/`. */
import { becomeNode, ensureBuild, ensureChromium, ensurePackages } from './prepare.js';

ensurePackages();
const chromium = ensureChromium();
ensureBuild();
becomeNode('server/cli/main.ts', process.argv.slice(2), { CHROMIUM_PATH: chromium, NODE_ENV: 'production' });
