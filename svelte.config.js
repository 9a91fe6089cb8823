import adapter from '@sveltejs/adapter-node';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';
import { compressingTexts } from './scripts/compress-client.js';

const node = adapter({ out: 'build' });

/** @type {import('@sveltejs/kit').Config} */
export default {
  preprocess: vitePreprocess(),
  // Brotli over DuckDB's 34 MB takes minutes and serves nobody on the loop-back address; a host that serves others sets it.
  kit: { adapter: process.env.FURLONG_PRECOMPRESS === '1' ? node : compressingTexts(node) }
};
