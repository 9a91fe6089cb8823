/**
 * Opens the socket and sets the isolation headers on everything, static files included (adapter-node's static files
 * never pass through the hooks). All else is reached through `src/hooks.server.ts` and `src/routes/api`.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer'
} as const;

/**
 * Serves the production build. A port of 0 takes any free one; when the default port is taken the next free one is
 * used, an explicitly asked one that is taken is an error.
 */
export async function serve(options: { port: number; host: string; strictPort: boolean }): Promise<Served> {
  const { handler } = (await import(new URL('../build/handler.js', import.meta.url).href)) as { handler: Handler };
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(isolation)) response.setHeader(name, value);
    handler(request, response, () => {
      response.statusCode = 404;
      response.end('not found');
    });
  });
  const port = await new Promise<number>((resolve, reject) => {
    let wanted = options.port;
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' && !options.strictPort && wanted < options.port + 50) {
        wanted += 1;
        server.listen(wanted, options.host);
      } else {
        reject(error);
      }
    });
    server.on('listening', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : wanted);
    });
    server.listen(wanted, options.host);
  });
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host === '127.0.0.1' ? 'localhost' : host}:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      })
  };
}

const HELP = `npm start -- [--port N] [--host ADDRESS]

  --port N        the port to serve on; 0 takes any (PORT; default: 3000 or the next free one)
  --host ADDRESS  the address to serve on (HOST; default: 127.0.0.1, this machine only)

Settings, from the environment:
  FURLONG_BINANCE_ORIGIN  another origin for Binance's public market data, such as https://api.binance.com; http only
                          on a loop-back address (default: https://data-api.binance.vision)`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, host: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    strict: true
  });
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  const asked = values.port ?? process.env['PORT'];
  const port = Number(asked ?? 3000);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new Error(`port: expected a whole number from 0 to 65535, got ${asked ?? ''}`);
  }
  const host = values.host ?? process.env['HOST'] ?? '127.0.0.1';
  const served = await serve({ port, host, strictPort: asked !== undefined });
  console.log(`Furlong is at ${served.url}  (Ctrl-C stops it)`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void served.close().then(() => process.exit(0));
    });
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch((error: unknown) => {
    console.error(`furlong: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  });
}
