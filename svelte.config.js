import adapter from '@sveltejs/adapter-node';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** @type {import('@sveltejs/kit').Config} */
export default {
  preprocess: vitePreprocess(),
  // Brotli over DuckDB's 34 MB takes minutes and serves nobody on the loop-back address; a host that serves others sets it.
  kit: { adapter: adapter({ out: 'build', precompress: process.env.FURLONG_PRECOMPRESS === '1' }) }
};
