/** Made by `vite-plugin.js`: the whole document of the notebook frame as text. */
declare module 'virtual:notebook-frame' {
  const html: string;
  export default html;
}
