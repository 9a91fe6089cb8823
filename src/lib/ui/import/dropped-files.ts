/** What was dropped or chosen, folders opened to any depth: the files in them, and what the whole is called. */

export interface Offered {
  readonly files: readonly File[];
  /** Of the one folder that was chosen or dropped; the dataset takes it. */
  readonly name?: string;
  /** Of what was chosen or dropped, where the browser gives them: they outlive a reload. */
  readonly handles?: readonly FileSystemHandle[];
}

/** Chromium's alone; the DOM's types leave it out. */
interface HandleItem extends DataTransferItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}

/** Files that systems put into folders and nobody means to import. */
const CLUTTER = /^(\.|Thumbs\.db$|desktop\.ini$)/iu;

/**
 * Must be called in the drop event itself, before anything is awaited: the browser empties its transfer after it. Files
 * come in the order of their paths.
 */
export async function droppedFiles(transfer: DataTransfer): Promise<Offered> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const plain = [...transfer.files];
  const asked = [...transfer.items].map((item: HandleItem) => item.getAsFileSystemHandle?.());
  const folders = entries.filter((entry) => entry.isDirectory);
  const handles = await allOf(asked);
  if (folders.length === 0) return { files: plain, ...handles };
  const files = (await Promise.all(entries.map(filesOf))).flat();
  const [only] = folders;
  return only !== undefined && entries.length === 1 ? { files, name: only.name, ...handles } : { files, ...handles };
}

/** All of them or none: with some missing, the files could not be given again. */
async function allOf(
  asked: readonly (Promise<FileSystemHandle | null> | undefined)[]
): Promise<Pick<Offered, 'handles'>> {
  const settled = await Promise.allSettled(asked.map((one) => one ?? Promise.resolve(null)));
  const handles = settled.flatMap((one) => (one.status === 'fulfilled' && one.value !== null ? [one.value] : []));
  return handles.length > 0 && handles.length === asked.length ? { handles } : {};
}

/** What a chooser gave; of a folder it gives every file in it, each with its path. */
export function chosenFiles(list: FileList | null): Offered {
  const files = [...(list ?? [])];
  const [folder, ...others] = new Set(files.map((file) => file.webkitRelativePath.split('/')[0] ?? ''));
  if (folder === undefined || folder === '' || others.length > 0) return { files };
  return { files: files.filter((file) => !CLUTTER.test(file.name)).sort(byPath), name: folder };
}

const byPath = (a: File, b: File): number => (a.webkitRelativePath < b.webkitRelativePath ? -1 : 1);

async function filesOf(entry: FileSystemEntry): Promise<readonly File[]> {
  if (entry.isFile) return [await fileOf(entry as FileSystemFileEntry)];
  const children = await childrenOf(entry as FileSystemDirectoryEntry);
  const wanted = children.filter((child) => !CLUTTER.test(child.name));
  // One after the other: a folder of thousands would open them all at once.
  const files: File[] = [];
  for (const child of wanted.sort((a, b) => (a.name < b.name ? -1 : 1))) files.push(...(await filesOf(child)));
  return files;
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => {
    entry.file(resolve, reject);
  });

/** A reader gives a folder's entries by the hundred, and none when it is done. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** Chromium's alone; the DOM's types leave it out. */
interface PickerWindow {
  showOpenFilePicker?(options: { readonly multiple: boolean }): Promise<readonly FileSystemFileHandle[]>;
}

/**
 * Opens the browser's chooser that gives handles; must be called on a press.
 * @returns undefined where there is none: an `<input type="file">` has to do; no files when it was cancelled
 */
export async function pickFiles(): Promise<Offered | undefined> {
  const picker = globalThis as PickerWindow;
  if (picker.showOpenFilePicker === undefined) return undefined;
  try {
    const handles = await picker.showOpenFilePicker({ multiple: true });
    return { files: await Promise.all(handles.map((handle) => handle.getFile())), handles };
  } catch (thrown) {
    if (!(thrown instanceof DOMException)) throw thrown;
    return thrown.name === 'AbortError' ? { files: [] } : undefined;
  }
}
