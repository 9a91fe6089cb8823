/** The unpack worker: takes files out of what they are packed in, while the data worker reads and stores what came before. */
import { sendMembers } from '../data/archive/member-wire.ts';
import { members } from '../data/archive/members.ts';
import type { UnpackAsked } from './unpack-elsewhere.ts';

self.onmessage = ({ data }: MessageEvent<UnpackAsked>) => {
  void sendMembers(data.port, data.file.name, (options) => members(data.file, options));
};
