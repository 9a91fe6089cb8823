/** Made by `vite-plugin.ts`: the whole document of the notebook frame as text. */
declare module 'virtual:notebook-frame' {
  const html: string;
  export default html;
}
