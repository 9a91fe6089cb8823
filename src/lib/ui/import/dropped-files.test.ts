import { describe, expect, test } from 'vitest';
import { chosenFiles, droppedFiles } from './dropped-files.ts';

const file = (path: string): File => {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const relative = path.includes('/') ? path : '';
  return Object.defineProperty(new File(['x'], name), 'webkitRelativePath', { value: relative });
};

/** As a browser's own: a folder gives its entries in parts, and none at the end. */
type Tree = { readonly [name: string]: Tree | File };
function entryOf(name: string, of: Tree | File): object {
  if (of instanceof File) {
    return { name, isFile: true, isDirectory: false, file: (done: (file: File) => void) => done(of) };
  }
  return {
    name,
    isFile: false,
    isDirectory: true,
    createReader: () => {
      const left = Object.entries(of).map(([child, value]) => entryOf(child, value));
      return { readEntries: (done: (entries: object[]) => void) => done(left.splice(0, 2)) };
    }
  };
}
const transfer = (dropped: Tree): DataTransfer =>
  ({
    items: Object.entries(dropped).map(([name, of]) => ({ webkitGetAsEntry: () => entryOf(name, of) })),
    files: Object.values(dropped).map((of) => (of instanceof File ? of : new File([], 'folder')))
  }) as unknown as DataTransfer;

const names = (files: readonly File[]): readonly string[] => files.map((one) => one.name);

describe('what is dropped', () => {
  test('a folder is opened to any depth, in order, and names the dataset', async () => {
    const months = { b: { '2.bz2': file('2.bz2'), '1.bz2': file('1.bz2') }, a: { deep: { '0.bz2': file('0.bz2') } } };
    const more = { ...months, 'c.zip': file('c.zip'), '.DS_Store': file('.DS_Store'), '.git': { x: file('x') } };
    const { files, name } = await droppedFiles(transfer({ '2023': more }));
    expect([names(files), name]).toEqual([['0.bz2', '1.bz2', '2.bz2', 'c.zip'], '2023']);
  });

  test('a folder beside files gives no name', async () => {
    const { files, name } = await droppedFiles(transfer({ f: { x: file('x') }, y: file('y') }));
    expect([names(files), name]).toEqual([['x', 'y'], undefined]);
  });

  test('files alone come as they are', async () => {
    const { files, name } = await droppedFiles(transfer({ y: file('y'), x: file('x') }));
    expect([names(files), name]).toEqual([['y', 'x'], undefined]);
  });
});

describe('what is chosen', () => {
  const list = (...paths: string[]): FileList => paths.map(file) as unknown as FileList;
  test('of a folder all files in order of their paths, and its name', () => {
    const { files, name } = chosenFiles(list('2023/b/1', '2023/a/2', '2023/.DS_Store'));
    expect([names(files), name]).toEqual([['2', '1'], '2023']);
  });
  test('files as they are', () => {
    expect(chosenFiles(list('b', '.a'))).toMatchObject({ files: [{ name: 'b' }, { name: '.a' }] });
    expect(chosenFiles(null)).toEqual({ files: [] });
  });
});
