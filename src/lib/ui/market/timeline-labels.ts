/** Which events of a timeline get a label, so that no two overlap or read as one; the turn in play before all others. Pure. */
import type { TapeEvent } from './market-outline.ts';

export interface Mark {
  readonly event: TapeEvent;
  readonly x: number;
  readonly label: string;
  readonly labelX: number;
  readonly anchor: 'start' | 'end';
}

const RANK: Readonly<Record<TapeEvent['kind'], number>> = {
  inPlay: 0,
  scheduled: 1,
  removal: 2,
  closed: 3,
  suspended: 4,
  open: 5
};
/** CSS pixels: a character of 11 px sans at its widest in these words, from the mark to its label, between two labels. */
const CHARACTER = 6.4;
const GAP = 5;
const APART = 14;

export function placeLabels(
  events: readonly TapeEvent[],
  xOf: (event: TapeEvent) => number,
  width: number
): readonly Mark[] {
  const taken: (readonly [left: number, right: number])[] = [];
  const placed = new Map<TapeEvent, Mark>();
  for (const event of [...events].sort((a, b) => RANK[a.kind] - RANK[b.kind])) {
    const x = xOf(event);
    const wide = event.text.length * CHARACTER;
    const free = ([left, right]: readonly [number, number]): boolean =>
      left >= 0 && right <= width && taken.every((other) => right + APART < other[0] || left - APART > other[1]);
    const after = [x + GAP, x + GAP + wide] as const;
    const before = [x - GAP - wide, x - GAP] as const;
    const room = free(after) ? after : free(before) ? before : undefined;
    if (room !== undefined) taken.push(room);
    placed.set(event, {
      event,
      x,
      label: room === undefined ? '' : event.text,
      labelX: room === before ? x - GAP : x + GAP,
      anchor: room === before ? 'end' : 'start'
    });
  }
  return events.flatMap((event) => placed.get(event) ?? []);
}
