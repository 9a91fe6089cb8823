/**
 * Compiles the CPU kernels (`src/lib/compute/wasm/kernels`, AssemblyScript) to `src/lib/compute/wasm/generated`: for
 * tfjs-wasm's plain and its shared memory, with strict and with relaxed SIMD. Does nothing when sources, compiler and
 * options are those of the last build. Plain JavaScript that runs on Node 20.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const sources = join(root, 'src/lib/compute/wasm/kernels');
const target = join(root, 'src/lib/compute/wasm/generated');
const compiler = join(root, 'node_modules/assemblyscript');

const memories = {
  plain: { options: [], features: ['simd'] },
  // The import has to name a maximum no smaller than that of tfjs-wasm's memory: 65,536 pages.
  shared: { options: ['--sharedMemory', '--maximumMemory', '65536'], features: ['simd', 'threads'] }
};
const precisions = {
  strict: { options: ['--use', 'RELAXED=0'], features: [] },
  relaxed: { options: ['--use', 'RELAXED=1'], features: ['relaxed-simd'] }
};
const common = ['-O3', '--noAssert', '--runtime', 'stub', '--use', 'abort=', '--importMemory', '--initialMemory', '1'];

const builds = Object.entries(precisions).flatMap(([precision, a]) =>
  Object.entries(memories).map(([memory, b]) => ({
    file: `${precision}-${memory}.wasm`,
    options: [...common, ...a.options, ...b.options, '--enable', [...a.features, ...b.features].join(',')]
  }))
);

function stamp() {
  const hash = createHash('sha256').update(JSON.stringify(builds));
  hash.update(readFileSync(join(compiler, 'package.json')));
  for (const name of readdirSync(sources).sort()) hash.update(name).update(readFileSync(join(sources, name)));
  return hash.digest('hex');
}

function isCurrent(expected) {
  const file = join(target, 'sources.sha256');
  return (
    existsSync(file) &&
    readFileSync(file, 'utf8') === expected &&
    builds.every((build) => existsSync(join(target, build.file)))
  );
}

/** Written aside and renamed, so that a build beside this one never reads half a file. */
function compile({ file, options }) {
  const aside = join(target, `${String(process.pid)}-${file}`);
  const args = [join(compiler, 'bin/asc.js'), join(sources, 'index.ts'), '-o', aside, ...options];
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', fail);
    child.on('exit', (code) => {
      if (code !== 0) return fail(new Error(`asc ended with ${String(code)} on ${file}`));
      renameSync(aside, join(target, file));
      return done();
    });
  });
}

const expected = stamp();
if (!isCurrent(expected)) {
  console.log('Building the CPU kernels (a few seconds)…');
  mkdirSync(target, { recursive: true });
  try {
    await Promise.all(builds.map(compile));
    writeFileSync(join(target, 'sources.sha256'), expected);
  } catch (error) {
    console.error(`furlong: the CPU kernels could not be built: ${error.message}`);
    process.exit(1);
  }
}
