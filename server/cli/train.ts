/** `train`: the app's own page driven from a terminal; what it leaves is in `outputs.ts`. */
import { readFile, rmdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { AppError } from '../../src/lib/core/errors.ts';
import { readConfig } from '../../src/lib/config/read-config.ts';
import { writeConfig } from '../../src/lib/config/write-config.ts';
import type { RunConfig } from '../../src/lib/config/run-config.ts';
import type { HeadlessOutcome, HeadlessPage, HeadlessResult } from '../../src/lib/config/headless.ts';
import type { Command } from './arguments.ts';
import { openApp } from './browser.ts';
import type { AppInBrowser } from './browser.ts';
import { prepareFolder, writeAside, writeResult } from './outputs.ts';
import { ProgressLine } from './progress.ts';

/** Signals that come within this are one press of Ctrl-C. */
const SAME_PRESS_MILLIS = 1000;

/** The page was told to stop before it trained; any other failure after Ctrl-C is still a failure. */
class Stopped extends Error {}

type TrainCommand = Command & { readonly kind: 'train' };

declare global {
  interface Window {
    furlong?: HeadlessPage;
  }
}

/** @returns the exit code */
export async function train(command: TrainCommand, out: NodeJS.WriteStream): Promise<number> {
  const config = await readGiven(command);
  for (const file of command.data) await mustBeFile(file);
  await prepareFolder(command.out);
  const progress = new ProgressLine(out, config.training.updates);
  const app = await openApp((event) => {
    progress.show(event, performance.now());
  });
  const interrupt = new Interrupt(app, progress);
  try {
    return await trainIn(app, { command, config, progress, interrupt });
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    progress.line('stopped before anything was trained: nothing was written');
    return 130;
  } finally {
    progress.close();
    interrupt.dispose();
    await app.close();
    // Only a folder that stayed empty goes.
    await rmdir(command.out).catch(() => undefined);
  }
}

interface Parts {
  readonly command: TrainCommand;
  readonly config: RunConfig;
  readonly progress: ProgressLine;
  readonly interrupt: Interrupt;
}

async function trainIn(app: AppInBrowser, { command, config, progress, interrupt }: Parts): Promise<number> {
  await app.page.goto(`${app.url}headless`);
  await app.page.waitForFunction(() => window.furlong !== undefined, undefined, { timeout: 60_000 });
  if (interrupt.pressed) await app.page.evaluate(() => window.furlong!.stop());
  const dataset = command.data.length > 0 ? await importFiles(app, command.data, progress) : config.data.dataset;
  const yaml = writeConfig({ ...config, data: { ...config.data, dataset } });
  const id = settled(await app.page.evaluate((text) => window.furlong!.train(text), yaml));
  const result = settled(await app.page.evaluate((run) => window.furlong!.result(run), id));
  progress.close();
  await writeResult(command.out, result);
  await writeAside(command.out, 'charts.png', await chartsOf(app, id));
  report(result, command.out, progress);
  if (interrupt.pressed) return 130;
  return result.state === 'finished' ? 0 : 1;
}

async function readGiven(command: TrainCommand): Promise<RunConfig> {
  const text = await readFile(command.config, 'utf8').catch((error: unknown) => {
    throw new AppError('data.missing', {
      subject: command.config,
      got: error instanceof Error ? error.message : String(error),
      remedy: 'give the path of a configuration, such as configs/au-preoff.sac-lstm.small.yaml',
      cause: error
    });
  });
  const config = readConfig(text, basename(command.config));
  return {
    ...config,
    seed: command.seed ?? config.seed,
    training: { ...config.training, updates: command.updates ?? config.training.updates }
  };
}

async function mustBeFile(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() === true) return;
  throw new AppError('data.missing', {
    subject: file,
    expected: 'a file',
    got: found?.isDirectory() === true ? 'a folder' : 'nothing that can be read',
    remedy: 'check the path given to --data; name the files of a folder one by one, or with a pattern'
  });
}

async function importFiles(app: AppInBrowser, files: readonly string[], progress: ProgressLine): Promise<string> {
  await app.page.setInputFiles(
    '#files',
    files.map((file) => resolve(file))
  );
  const imported = settled(await app.page.evaluate(() => window.furlong!.importChosen()));
  progress.line(
    `read ${imported.messages} messages: ${imported.markets} markets (${imported.trainable} can be trained on), ` +
      `${imported.runners} runners, ${imported.trades} trades`
  );
  for (const { code, count, example } of imported.oddities) progress.line(`  ${count} x ${code}: ${example}`);
  return imported.dataset;
}

function settled<T>(outcome: HeadlessOutcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw outcome.code === 'aborted' ? new Stopped(outcome.message) : new Error(outcome.message);
}

async function chartsOf(app: AppInBrowser, id: string): Promise<Uint8Array> {
  await app.page.goto(`${app.url}runs/${id}`);
  const charts = app.page.locator('[data-charts-ready="true"]');
  await charts.waitFor({ timeout: 30_000 });
  return charts.screenshot();
}

function report(result: HeadlessResult, folder: string, progress: ProgressLine): void {
  progress.line(
    `${result.name}: ${result.state} after ${result.updates} updates, ${result.environmentSteps} environment steps`
  );
  if (result.error !== undefined) progress.line(result.error);
  progress.line(`written to ${join(folder, '')}`);
}

/**
 * The first Ctrl-C stops the run cleanly; another ends the program at once. One key press may arrive several times, from
 * the terminal and from every program above this one that passes it on: what comes within a second is the same press.
 */
class Interrupt {
  readonly #app: AppInBrowser;
  readonly #progress: ProgressLine;
  #pressedAt: number | undefined;

  constructor(app: AppInBrowser, progress: ProgressLine) {
    this.#app = app;
    this.#progress = progress;
    process.on('SIGINT', this.#press);
    process.on('SIGTERM', this.#press);
  }

  get pressed(): boolean {
    return this.#pressedAt !== undefined;
  }

  readonly #press = (): void => {
    const now = performance.now();
    if (this.#pressedAt !== undefined) {
      if (now - this.#pressedAt > SAME_PRESS_MILLIS) process.exit(130);
      return;
    }
    this.#pressedAt = now;
    this.#progress.line('stopping: what was trained is being kept (Ctrl-C again ends at once)');
    void this.#app.page.evaluate(() => window.furlong?.stop()).catch(() => undefined);
  };

  dispose(): void {
    process.off('SIGINT', this.#press);
    process.off('SIGTERM', this.#press);
  }
}
