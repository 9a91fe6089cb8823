declare global {
  /** Set by the build: the commit the app was built from, or `dev`. */
  const __CODE_VERSION__: string;
}
export {};
