/** The other thread of an import that is measured: unpacks a repeated archive and hands its members over. */
import { parentPort } from 'node:worker_threads';
import { sendMembers } from '../src/lib/data/archive/member-wire.ts';
import { members } from '../src/lib/data/archive/members.ts';
import { repeatedTar } from '../tests/support/repeated-archive.ts';

interface Asked {
  readonly races: readonly string[];
  readonly markets: number;
  readonly port: MessagePort;
}

parentPort?.on('message', ({ races, markets, port }: Asked) => {
  const file = repeatedTar(races, markets);
  void sendMembers(port, file.name, (options) => members(file, options));
});
