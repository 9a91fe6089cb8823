/** What other queue models made of an order, as data and in words. Serves every kind of venue: a shadow knows no sides. */
import type { Nanos } from '../../core/units.ts';
import type { ShadowPosition } from './shadow-queues.ts';
import { spanOf } from './story-words.ts';
import type { Money } from './story-words.ts';

/** What another queue model made of the same order while it rested. */
export interface QueueStory {
  /** The model's id. */
  readonly model: string;
  readonly aheadOnArrivalLots: number;
  readonly aheadLots: number;
  /** Lots of the resting part that it filled so far, or by the end; and those that still wait in it. */
  readonly filledLots: number;
  readonly waitingLots: number;
  /** Its first fill. */
  readonly firstAt: Nanos | undefined;
  readonly firstMessage: number | undefined;
}

/** What a shadow has come to so far; lots. */
export function queueStoryOf(position: ShadowPosition): QueueStory {
  const filled = position.firstMessage >= 0;
  return {
    model: position.model,
    aheadOnArrivalLots: position.aheadOnArrival,
    aheadLots: position.ahead,
    filledLots: position.filled,
    waitingLots: position.rest,
    firstAt: filled ? (position.firstAt as Nanos) : undefined,
    firstMessage: filled ? position.firstMessage : undefined
  };
}

const QUEUE_WORDS: Readonly<Record<string, string>> = {
  fullQueue: 'full',
  riskAverse: 'risk-averse',
  probLog: 'logarithmic',
  fifo: 'first-in-first-out'
};

/** What a queue model is called in a sentence. */
export const queueWords = (model: string): string => QUEUE_WORDS[model] ?? model.replace(/^probPower/u, 'power ');

/** What stands for a queue model's id where an order stood in the market's own book. */
export const OWN_BOOK = 'book';

/**
 * What the other queue models made of it: those that agree are named together.
 * @param queue what counted: a model's id, or OWN_BOOK
 */
export function othersOf(others: readonly QueueStory[], madeAt: Nanos, money: Money, queue: string): string {
  const byResult = new Map<string, string[]>();
  for (const other of others) {
    const first = other.firstAt === undefined ? '' : `, the first after ${spanOf(madeAt, other.firstAt)}`;
    const waiting = other.aheadLots > 0 ? `, ${money(other.aheadLots)} still ahead` : '';
    const result = other.filledLots > 0 ? `${money(other.filledLots)} filled${first}` : `nothing filled${waiting}`;
    byResult.set(result, [...(byResult.get(result) ?? []), queueWords(other.model)]);
  }
  const parts = [...byResult].map(([result, names]) => `${listed(names)}: ${result}`);
  if (parts.length === 0) return '';
  const by =
    queue === OWN_BOOK
      ? 'Its queue was the real one. By queue models, from what was published'
      : 'By other queue models';
  return `${by}: ${parts.join('; ')}.`;
}

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]!}`;
