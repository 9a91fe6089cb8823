/** `check-env` on the environment of the documentation, as it stands there, and on what is none. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../src/lib/core/errors.ts';
import { ENV_CHECKS } from '../../src/lib/env/env-faults.ts';
import { checkEnvFile } from './check-env.ts';

const PAGE = new URL('../../docs/environments.md', import.meta.url);

let folder = '';
let example = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'furlong-check-env-'));
  const page = await readFile(PAGE, 'utf8');
  const block = /^```ts\n(.*?)^```$/ms.exec(page)?.[1];
  if (block === undefined) throw new Error('docs/environments.md: expected a block of TypeScript, got none');
  // The page's imports are relative to the page.
  example = block.replaceAll("'../src/", `'${new URL('../src/', PAGE).href}`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function check(
  name: string,
  text: string
): Promise<{ readonly code: number; readonly lines: readonly string[] }> {
  const file = join(folder, name);
  await writeFile(file, text);
  const lines: string[] = [];
  return { code: await checkEnvFile(file, (line) => lines.push(line)), lines };
}

/** A part of the example changed, which must be there. */
function changed(from: string, to: string): string {
  expect(example).toContain(from);
  return example.replace(from, to);
}

async function refusal(act: Promise<unknown>): Promise<AppError> {
  const error: unknown = await act.then(
    () => undefined,
    (thrown: unknown) => thrown
  );
  if (error instanceof AppError) return error;
  throw new Error('expected a refusal', { cause: error });
}

describe('check-env', () => {
  it('finds the environment of the documentation in order, and says so check by check', async () => {
    const { code, lines } = await check('corridor.ts', example);
    expect(lines.filter((line) => !line.startsWith('ok '))).toEqual(['every check holds']);
    expect(lines.length).toBe(Object.keys(ENV_CHECKS).length + 1);
    expect(code).toBe(0);
  });

  it('names what is wrong under its check, and ends with 1', async () => {
    const text = changed('rewards[i] = rewardTerms[2 * i]! +', 'rewards[i] = 2 * rewardTerms[2 * i]! +');
    const { code, lines } = await check('greedy.ts', text);
    expect(code).toBe(1);
    expect(lines.at(-1)).toBe('1 fault');
    const at = lines.findIndex((line) => line.startsWith('FAULT rewards'));
    expect(lines[at + 1]).toMatch(/^ +a reward is the sum of its terms: /);
  });

  it('holds the environment to the step limit that the module names', async () => {
    const { lines } = await check('short.ts', changed('maxSteps: MAX_STEPS', 'maxSteps: 40'));
    expect(lines.find((line) => line.includes('step limit'))).toBeDefined();
    expect(lines.some((line) => line.startsWith('FAULT ends'))).toBe(true);
  });

  it('says which checks it did not come to', async () => {
    const { lines } = await check('narrow.ts', changed('size: 2, low: -1', 'size: 2, low: 1'));
    expect(lines.filter((line) => line.startsWith('-')).length).toBe(Object.keys(ENV_CHECKS).length - 2);
  });

  it('refuses what is no file, and what makes no environment, with what to do', async () => {
    const missing = await refusal(checkEnvFile(join(folder, 'none.ts'), () => undefined));
    expect(missing.code).toBe('data.missing');
    expect((await refusal(checkEnvFile(folder, () => undefined))).got).toBe('a folder');
    const without = await refusal(check('without.ts', 'export const x = 1;'));
    expect([without.code, without.got]).toEqual(['data.kind', 'exports only x']);
    expect((await refusal(check('empty.ts', 'export default () => ({});'))).code).toBe('data.kind');
    const options = changed('steps: 200', 'steps: 0.5');
    expect((await refusal(check('options.ts', options))).subject).toContain('checkOptions.steps');
    for (const error of [missing, without]) expect(error.remedy).toContain('docs/environments.md');
  });

  it('names a module that cannot be loaded and an environment that throws, with the place', async () => {
    expect((await refusal(check('broken.ts', "throw new Error('no');"))).got).toMatch(
      /^it cannot be loaded: Error: no\n/
    );
    const text = changed('step(): void {', "step(): void {\n    throw new Error('boom');");
    const thrown = await refusal(check('throws.ts', text));
    expect(thrown.got).toMatch(/^it throws: Error: boom\n.*throws\.ts/s);
  });
});
