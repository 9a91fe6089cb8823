/**
 * What a run needs beside its checkpoint to go on as if it had never stopped: what the agent has experienced, where the
 * environments stand, episodes under way. A state that is written whole each time, and segments of the replay's rows,
 * each written once: with a checkpoint goes only what is new since the one before. Where the bytes lie is not known here.
 */
import type { Experience, Position } from '../agents/experience.ts';
import { decodeStoredArrays, encodeSafetensors } from '../compute/safetensors.ts';
import type { StoredArray, StoredArrays } from '../compute/safetensors.ts';
import { AppError } from '../core/errors.ts';
import type { EnvStanding } from '../env/standing.ts';

export interface StoredMemory {
  readonly state: Uint8Array;
  /** Numbers of the segments that belong to it, oldest first. */
  readonly segments: readonly number[];
}

export interface MemoryToKeep extends StoredMemory {
  /** The last of the segments, where there is anything new. */
  readonly segment?: { readonly number: number; readonly bytes: Uint8Array };
  /** Of the state and all segments. */
  readonly storedBytes: number;
}

interface Segment {
  readonly number: number;
  readonly until: Position;
  readonly bytes: number;
}

/** So many files at most: then the rows are written whole once, and the count begins anew. */
const MOST_SEGMENTS = 256;

export class RunMemory {
  readonly #experience: Experience;
  #segments: readonly Segment[] = [];
  #next = 1;
  #givenUp = false;
  /** Up to which the segments go. */
  #position: Position | undefined;

  constructor(experience: Experience) {
    this.#experience = experience;
  }

  /** Memory that the experience takes. */
  get bytes(): number {
    return this.#experience.bytes;
  }

  /** For when what `take` gave could not be kept: what comes after it would not be whole. */
  giveUp(): void {
    this.#givenUp = true;
  }

  /**
   * What is to be kept with a checkpoint, or undefined once that was given up.
   * @param updates of the checkpoint it belongs to
   * @param rest what the loop and the environments need
   */
  take(updates: number, rest: StoredArrays): MemoryToKeep | undefined {
    if (this.#givenUp) return undefined;
    const experience = this.#experience;
    const state = encodeSafetensors(new Map([...experience.state(), ...rest]), { updates: String(updates) });
    let kept = this.#segments.filter(({ until }) => !experience.outlived(until));
    if (kept.length >= MOST_SEGMENTS) {
      kept = [];
      this.#position = undefined;
    }
    const until = experience.position();
    const from = this.#position;
    const moved = until.some((row, e) => row !== (from?.[e] ?? 0));
    let segment: MemoryToKeep['segment'];
    if (moved) {
      segment = { number: this.#next++, bytes: encodeSafetensors(experience.rows(from)) };
      kept = [...kept, { number: segment.number, until, bytes: segment.bytes.length }];
    }
    this.#segments = kept;
    this.#position = until;
    return {
      state,
      segments: kept.map(({ number }) => number),
      storedBytes: kept.reduce((sum, { bytes }) => sum + bytes, state.length),
      ...(segment === undefined ? {} : { segment })
    };
  }

  /**
   * Puts back what was kept.
   * @param state as `readState` gave it
   * @throws AppError where a segment is damaged, missing or of another configuration: the experience is then to be
   * gathered anew
   */
  async recall(
    state: StoredArrays,
    segments: readonly number[],
    read: (segment: number) => Promise<Uint8Array>
  ): Promise<void> {
    const recalled: Segment[] = [];
    for (const number of segments) {
      const bytes = await read(number);
      const { arrays } = decodeStoredArrays(bytes, `segment ${String(number)} of the replay`);
      recalled.push({ number, until: this.#experience.loadRows(arrays), bytes: bytes.length });
    }
    this.#experience.loadState(state);
    this.#segments = recalled;
    this.#position = recalled.at(-1)?.until;
    this.#next = (recalled.at(-1)?.number ?? 0) + 1;
  }
}

/** @throws AppError `data.corrupt` where it is of another checkpoint than the one of `updates` */
export function readState({ state }: StoredMemory, updates: number): StoredArrays {
  const { arrays, metadata } = decodeStoredArrays(state, 'memory of the run');
  if (metadata['updates'] === String(updates)) return arrays;
  throw new AppError('data.corrupt', {
    subject: 'memory of the run',
    expected: `that of update ${String(updates)}`,
    got: `that of update ${String(metadata['updates'])}`,
    remedy: 'go on without it, or train anew'
  });
}

export function standingArrays({ slab, counts, actions }: EnvStanding): StoredArrays {
  return new Map<string, StoredArray>([
    ['environments.slab', { shape: [slab.length], values: slab }],
    ['environments.counts', { shape: [counts.length], values: counts }],
    ['environments.actions', { shape: [actions.length], values: actions }]
  ]);
}

/** @throws AppError `data.corrupt` when it is not there */
export function standingIn(state: StoredArrays): EnvStanding {
  const [slab, counts, actions] = ['slab', 'counts', 'actions'].map(
    (name) => state.get(`environments.${name}`)?.values
  );
  if (slab instanceof Uint8Array && counts instanceof Float64Array && actions instanceof Float32Array) {
    return { slab, counts, actions };
  }
  throw new AppError('data.corrupt', {
    subject: 'memory of the run',
    expected: 'where the environments stood',
    got: 'nothing of it',
    remedy: 'go on without it, or train anew'
  });
}
