/**
 * `npm test`: everything, from a fresh clone. Each stage is counted; the last line is `N passed, N failed` and the exit
 * code is 1 when anything failed. `npm test -- unit golden` runs only the stages named.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  ensureBuild,
  ensureChromium,
  ensureKernels,
  ensurePackages,
  node24,
  root,
  tool,
  toolEnvironment
} from './prepare.js';

const reports = join(root, '.furlong', 'reports');

/** A stage is one or more commands; a command without a report counts as one check. */
const stages = {
  format: { run: [tool('prettier'), '--check', '--log-level', 'warn', '.'] },
  lint: { run: [tool('eslint'), '--max-warnings', '0', '.'] },
  types: { run: [tool('svelte-check'), '--tsconfig', './tsconfig.json', '--fail-on-warnings', '--output', 'human'] },
  layers: { run: [tool('depcruise'), '--config', '.dependency-cruiser.cjs', 'src', 'server', 'bench'] },
  knip: { run: [tool('knip'), '--no-progress'] },
  unit: vitest('unit'),
  golden: vitest('golden'),
  browser: { ...vitest('browser'), browser: true },
  e2e: {
    run: [tool('playwright'), 'test', '--config', 'tests/e2e/playwright.config.ts'],
    report: (file) => playwrightCounts(JSON.parse(readFileSync(file, 'utf8'))),
    env: (file) => ({ PLAYWRIGHT_JSON_OUTPUT_NAME: file }),
    browser: true,
    build: true
  }
};

function vitest(project) {
  return {
    run: [tool('vitest'), 'run', '--project', project, '--reporter=default', '--reporter=json'],
    reportArgument: (file) => `--outputFile.json=${file}`,
    report: (file) => {
      const { numPassedTests, numFailedTests, numFailedTestSuites, numPendingTests } = JSON.parse(
        readFileSync(file, 'utf8')
      );
      return {
        passed: numPassedTests,
        failed: Math.max(numFailedTests, numFailedTestSuites > 0 ? 1 : 0),
        skipped: numPendingTests
      };
    }
  };
}

function playwrightCounts({ stats }) {
  return { passed: stats.expected + stats.flaky, failed: stats.unexpected, skipped: stats.skipped };
}

function run([command, ...args], env) {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env });
    child.on('error', () => done(1));
    child.on('exit', (code) => done(code ?? 1));
  });
}

async function runStage(name, chromium) {
  const stage = stages[name];
  const file = join(reports, `${name}.json`);
  rmSync(file, { force: true });
  console.log(`\n── ${name}`);
  const began = process.hrtime.bigint();
  const env = toolEnvironment({ CHROMIUM_PATH: chromium ?? '', ...stage.env?.(file) });
  const code = await run([...stage.run, ...(stage.reportArgument ? [stage.reportArgument(file)] : [])], env);
  const seconds = Number((process.hrtime.bigint() - began) / 1000000n) / 1000;
  let counts = { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  if (stage.report !== undefined) {
    try {
      counts = stage.report(file);
      if (code !== 0 && counts.failed === 0) counts.failed = 1;
      if (counts.passed === 0 && counts.failed === 0) counts.failed = 1;
    } catch {
      counts = { passed: 0, failed: 1, skipped: 0 };
    }
  }
  console.log(
    `── ${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped (${seconds.toFixed(1)} s)`
  );
  return { name, ...counts };
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in stages));
if (unknown.length > 0) {
  console.error(`furlong: no such stage: ${unknown.join(', ')}; there are ${Object.keys(stages).join(', ')}`);
  process.exit(2);
}
const names = asked.length > 0 ? asked : Object.keys(stages);

ensurePackages();
node24();
ensureKernels();
const chromium = names.some((name) => stages[name].browser) ? ensureChromium() : undefined;
mkdirSync(reports, { recursive: true });
await run([tool('svelte-kit'), 'sync'], toolEnvironment());

const results = [];
for (const name of names) {
  if (stages[name].build) ensureBuild();
  results.push(await runStage(name, chromium));
}
const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
const failures = results.filter(({ failed }) => failed > 0).map(({ name }) => name);
console.log(failures.length > 0 ? `\nfailed: ${failures.join(', ')}` : '');
const skipped = total('skipped') > 0 ? `, ${total('skipped')} skipped` : '';
console.log(`${total('passed')} passed, ${total('failed')} failed${skipped}`);
process.exit(failures.length > 0 ? 1 : 0);
