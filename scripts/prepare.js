/**
 * What every command needs before it starts: packages as the lock file says, Node 24, the CPU kernels, and where asked
 * a production build and Chromium. Plain JavaScript without packages: it runs on Node 20 in a fresh clone.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const state = join(root, '.furlong');

/** Ends the program with one line that says what to do. */
export function fail(message) {
  console.error(`furlong: ${message}`);
  process.exit(1);
}

const hashOf = (text) => createHash('sha256').update(text).digest('hex').slice(0, 24);

function stampIs(name, value) {
  try {
    return readFileSync(join(state, name), 'utf8') === value;
  } catch {
    return false;
  }
}

function writeStamp(name, value) {
  mkdirSync(state, { recursive: true });
  writeFileSync(join(state, name), value);
}

/** Runs a command to its end with its output shown; ends the program when it fails. */
function must(command, args, why) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error !== undefined) fail(`${why}: ${error.message}`);
  if (status !== 0) fail(`${why}: ${command} ${args.join(' ')} ended with ${String(status)}`);
}

/** `npm ci` when node_modules is missing or the lock file has changed since. */
export function ensurePackages() {
  const lock = hashOf(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  if (stampIs('packages', lock) && existsSync(join(root, 'node_modules', 'svelte'))) return;
  // npm empties the folder a link points to: another checkout's packages.
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    fail('node_modules is a link to the packages of another checkout, not known to be the right ones: remove the link');
  }
  console.log('Installing packages (once, about a minute)…');
  must('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], 'packages could not be installed');
  writeStamp('packages', lock);
}

/** Path of a Node 24 binary: the devDependency's, or the running one when it is new enough. */
export function node24() {
  const own = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(own)) {
    const installer = join(root, 'node_modules', 'node', 'installArchSpecificPackage.js');
    if (existsSync(installer)) spawnSync(process.execPath, [installer], { cwd: dirname(installer), stdio: 'ignore' });
  }
  if (existsSync(own)) return own;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  return fail(`Node 24 is needed and this is ${process.version}: run "npm install node@24.21.0", or install Node 24`);
}

/** A tool of node_modules run by Node 24. */
export function tool(name) {
  return join(root, 'node_modules', '.bin', name);
}

/** Environment in which `node` is Node 24 and the tools of node_modules are found. */
export function toolEnvironment(extra = {}) {
  const path = [dirname(node24()), join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(':');
  return { ...process.env, PATH: path, NO_UPDATE_NOTIFIER: '1', ...extra };
}

export function ensureKernels() {
  must(node24(), [join(root, 'scripts', 'build-kernels.js')], 'the CPU kernels could not be built');
}

/** Names, sizes and times of everything the production build is made of. */
function sourceStamp() {
  const parts = [];
  const walk = (path) => {
    const stat = statSync(path);
    if (!stat.isDirectory()) {
      if (!path.endsWith('.test.ts')) parts.push(`${path.slice(root.length)} ${stat.size} ${stat.mtimeMs}`);
      return;
    }
    for (const entry of readdirSync(path).sort()) walk(join(path, entry));
  };
  for (const entry of [
    'src',
    'static',
    'configs',
    'server',
    'package-lock.json',
    'svelte.config.js',
    'vite.config.ts'
  ]) {
    if (existsSync(join(root, entry))) walk(join(root, entry));
  }
  const head = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' });
  parts.push(head.status === 0 ? head.stdout : 'no commit');
  return hashOf(parts.join('\n'));
}

/** A production build in `build/`, made only when a source is newer. */
export function ensureBuild() {
  ensureKernels();
  const stamp = sourceStamp();
  if (stampIs('build', stamp) && existsSync(join(root, 'build', 'handler.js'))) return;
  console.log('Building the app (about half a minute)…');
  const { status, stdout, stderr } = spawnSync(tool('vite'), ['build', '--logLevel', 'warn'], {
    cwd: root,
    env: toolEnvironment(),
    encoding: 'utf8',
    maxBuffer: 1 << 28
  });
  if (status !== 0) fail(`the build failed:\n${stdout}\n${stderr}`);
  writeStamp('build', sourceStamp());
}

function executable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Path of a Chromium, or undefined. CHROMIUM_PATH comes first. */
export function findChromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
  const folders = (process.env.PATH ?? '').split(':').concat('/usr/bin', '/usr/local/bin');
  const candidates = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  if (process.env.CHROMIUM_PATH !== undefined) candidates.unshift(process.env.CHROMIUM_PATH);
  candidates.push('/Applications/Google Chrome.app/Contents/MacOS/Google Chrome');
  return candidates.find(executable);
}

/** Finds Chromium, or installs Debian's package where that is allowed, or says the one command to run. */
export function ensureChromium() {
  const found = findChromium();
  if (found !== undefined) return found;
  const command = 'apt-get update && apt-get install -y chromium';
  const isRoot = process.getuid !== undefined && process.getuid() === 0;
  if (isRoot && executable('/usr/bin/apt-get')) {
    console.log("Installing Debian's chromium…");
    spawnSync('sh', ['-c', `${command} >/dev/null`], {
      stdio: 'inherit',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    });
    const installed = findChromium();
    if (installed !== undefined) return installed;
  }
  return fail(`Chromium is needed and was not found; run: sudo sh -c "${command}" (or set CHROMIUM_PATH to a browser)`);
}

/** Runs Node 24 on a TypeScript file of the project with this terminal, passes signals on, and ends as it ends. */
export function becomeNode(file, args, extra = {}) {
  const child = spawn(node24(), [join(root, file), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: toolEnvironment(extra)
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
}
