/** The env worker: steps one vector environment. */
import { serveEnv } from './serve-env.ts';
import type { EnvScope } from './serve-env.ts';

serveEnv(self as unknown as EnvScope);
