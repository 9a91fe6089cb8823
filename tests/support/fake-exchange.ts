/** A small exchange over real sockets: answers what a test tells it to, and remembers what it was asked. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export class FakeExchange {
  readonly #server: Server;
  readonly requests: string[] = [];
  #answer: Answer = (_request, response) => {
    response.end('[]');
  };

  constructor() {
    this.#server = createServer((request, response) => {
      this.requests.push(request.url ?? '');
      this.#answer(request, response);
    });
  }

  /** On any free port, or on one it had before. */
  listen(port = 0): Promise<void> {
    return new Promise((resolve) => {
      this.#server.listen(port, '127.0.0.1', () => {
        resolve();
      });
    });
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get origin(): string {
    return `http://${this.host}`;
  }

  answer(answer: Answer): void {
    this.#answer = answer;
  }

  answerJson(value: unknown, status = 200): void {
    this.answer((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value));
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      this.#server.closeAllConnections();
    });
  }
}
