/**
 * Builds the notebook frame into one HTML text, the same in development, tests and production: `virtual:notebook-frame`
 * is that text. One file without imports is needed because a frame of opaque origin may fetch nothing.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import type { Plugin, Rolldown } from 'vite';

const ID = 'virtual:notebook-frame';
const here = fileURLToPath(new URL('./', import.meta.url));

/** The kit's list of libraries points at a public host; of all that only Markdown is bundled, the rest is left out. */
const offline: Plugin = {
  name: 'notebook-frame-offline',
  enforce: 'pre',
  resolveId: (id) => (/^https?:/.test(id) ? '\0no-network' : undefined),
  load(id) {
    if (id === '\0no-network') return 'export default undefined;';
    if (/notebook-kit\/.*\/stdlib\/recommendedLibraries\.js$/.test(id)) {
      return "import { md as template } from './md.js';\nexport const md = () => template;";
    }
    if (/notebook-kit\/.*\/stdlib\/sampleDatasets\.js$/.test(id)) return 'export {};';
    if (/notebook-kit\/.*\/stdlib\/highlight\.js$/.test(id)) return 'export const highlight = () => {};';
    return undefined;
  }
};

async function bundle(watch: (file: string) => void): Promise<string> {
  const built = (await build({
    configFile: false,
    logLevel: 'error',
    mode: 'production',
    plugins: [
      offline,
      {
        name: 'notebook-frame-files',
        generateBundle() {
          for (const id of this.getModuleIds()) if (id.startsWith(here)) watch(id);
        }
      }
    ],
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      lib: { entry: `${here}main.ts`, formats: ['iife'], name: 'frame', fileName: 'frame' },
      rolldownOptions: { output: { codeSplitting: false } }
    }
  })) as Rolldown.RolldownOutput[];
  const output = built[0]?.output ?? [];
  const chunk = output[0];
  if (chunk?.type !== 'chunk' || output.length !== 1) throw new Error('the notebook frame did not build into one file');
  return chunk.code;
}

/** `default-src 'none'` closes the network; what runs is this text and the functions that cells are compiled to. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:";

async function frameHtml(watch: (file: string) => void): Promise<string> {
  watch(`${here}frame.css`);
  const [code, css] = await Promise.all([bundle(watch), readFile(`${here}frame.css`, 'utf8')]);
  const script = code.replace(/<\/(script)/gi, '<\\/$1').replace(/<!--/g, '<\\!--');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>Results</title>
<style>${css}</style>
</head>
<body><div id="results"></div><script>${script}</script></body>
</html>
`;
}

export function notebookFrame(): Plugin {
  return {
    name: 'notebook-frame',
    resolveId: (id) => (id === ID ? `\0${ID}` : undefined),
    async load(id) {
      if (id !== `\0${ID}`) return undefined;
      const text = await frameHtml((file) => {
        this.addWatchFile(file);
      });
      return `export default ${JSON.stringify(text)};`;
    }
  };
}
