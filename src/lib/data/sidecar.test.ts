import { describe, expect, test } from 'vitest';
import { AppError } from '../core/errors.ts';
import { SILVER_COLUMNS } from './parquet/silver.ts';
import { ROWS_VERSION, SIDECAR_VERSION, layerSchema, parseSidecar } from './sidecar.ts';

async function sidecar(change: object = {}): Promise<string> {
  const layers = { silver: await layerSchema(SILVER_COLUMNS) };
  return JSON.stringify({ version: SIDECAR_VERSION, rowsVersion: ROWS_VERSION, layers, markets: [], ...change });
}

const refusal = async (text: string): Promise<AppError> => {
  const thrown: unknown = await parseSidecar('dataset d', text).catch((error: unknown) => error);
  if (thrown instanceof AppError) return thrown;
  throw new Error('expected an AppError');
};

describe('metadata of a dataset', () => {
  test('is read where layers and rows are the ones that this version makes', async () => {
    expect((await parseSidecar('dataset d', await sidecar())).rowsVersion).toBe(ROWS_VERSION);
  });

  test.each([
    ['an older parser', { rowsVersion: ROWS_VERSION - 1 }, ROWS_VERSION - 1],
    ['a parser that did not say', { rowsVersion: undefined }, 1],
    ['a newer parser', { rowsVersion: ROWS_VERSION + 1 }, ROWS_VERSION + 1]
  ])('is refused where its rows are of %s, both sides named', async (_, change, found) => {
    const error = await refusal(await sidecar(change));
    expect(error.code).toBe('data.drift');
    expect(error.message).toBe(
      `dataset d: expected rows of parser version ${String(ROWS_VERSION)}, got it holds rows of parser version ` +
        `${String(found)}; build its layers again (Data, quality and lineage of the dataset), or import the source file again with this version`
    );
  });

  test('is refused where a column is missing', async () => {
    const layers = { silver: await layerSchema(SILVER_COLUMNS.slice(1)) };
    expect((await refusal(await sidecar({ layers }))).code).toBe('data.drift');
  });

  test('is refused where it is torn', async () => {
    expect((await refusal((await sidecar()).slice(0, -3))).code).toBe('data.corrupt');
  });
});
