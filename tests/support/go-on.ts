/** An agent that goes on where another stands, through the bytes that would be stored of it. */
import type { Agent } from '../../src/lib/agents/agent.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/lib/agents/checkpoint.ts';
import { decodeStoredArrays, encodeSafetensors } from '../../src/lib/compute/safetensors.ts';
import type { StoredArrays } from '../../src/lib/compute/safetensors.ts';

/** With its experience, as a run that is resumed. */
export async function goOn(from: Agent, to: Agent): Promise<void> {
  await to.load(decodeCheckpoint(encodeCheckpoint(await from.save())));
  to.experience.loadRows(stored(from.experience.rows(undefined)));
  to.experience.loadState(stored(from.experience.state()));
}

/** Everything an agent has lived through, to be compared. */
export const experienced = ({ experience }: Agent) => [
  ...[...experience.rows(undefined), ...experience.state()].map(([name, { values }]) => [name, [...values]])
];

const stored = (arrays: StoredArrays): StoredArrays => decodeStoredArrays(encodeSafetensors(arrays), 'test').arrays;
