import type { Services } from '../server/services.ts';

declare global {
  /** Set by the build: the commit the app was built from, or `dev`. */
  const __CODE_VERSION__: string;

  namespace App {
    interface Locals {
      services: Services;
    }
  }
}
export {};
