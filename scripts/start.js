/** `npm start`: installs what is missing, builds when a source is newer, serves the app and prints its address. */
import { becomeNode, ensureBuild, ensurePackages } from './prepare.js';

ensurePackages();
ensureBuild();
becomeNode('server/main.ts', process.argv.slice(2), { NODE_ENV: 'production' });
