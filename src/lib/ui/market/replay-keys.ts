/** Which key moves a replay where, on the whole page and on the scrubber. Pure: acts on a player, knows no page. */
import type { MarketPlayer } from './market-player.svelte.ts';

type Press = Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>;
type Moves = Pick<MarketPlayer, 'toggle' | 'step' | 'skip' | 'jumpToOff' | 'toEvent' | 'seek' | 'outline'>;

/** What a key does, in the words of the list that the page shows; `scrubber` for keys that count there alone. */
export const KEYS: readonly { readonly keys: readonly string[]; readonly does: string; readonly scrubber?: true }[] = [
  { keys: ['Space'], does: 'play or pause' },
  { keys: ['←', '→'], does: 'one message back or on' },
  { keys: ['Shift ←', 'Shift →'], does: 'one second back or on' },
  { keys: ['↓', '↑'], does: 'one second back or on', scrubber: true },
  { keys: ['Page Down', 'Page Up'], does: 'ten seconds back or on', scrubber: true },
  { keys: ['[', ']'], does: 'to the event before or after', scrubber: true },
  { keys: ['O'], does: 'to the off, or the end', scrubber: true },
  { keys: ['Home', 'End'], does: 'to the start or the end of the recording', scrubber: true }
];

const ON_SCRUBBER: Readonly<Record<string, (player: Moves) => void>> = {
  ArrowUp: (player) => player.skip(1),
  ArrowDown: (player) => player.skip(-1),
  PageUp: (player) => player.skip(10),
  PageDown: (player) => player.skip(-10),
  '[': (player) => player.toEvent('previous'),
  ']': (player) => player.toEvent('next'),
  o: (player) => player.jumpToOff(),
  Home: (player) => player.seek(player.outline.first),
  End: (player) => player.seek(player.outline.last)
};

/** Does what a key says; false where it says nothing. Letters count on the scrubber alone, for who dictates. */
export function pressKey(player: Moves, press: Press, where: 'page' | 'scrubber'): boolean {
  if (press.ctrlKey || press.metaKey || press.altKey) return false;
  const by = { ArrowRight: 1, ArrowLeft: -1 }[press.key];
  if (by !== undefined && press.shiftKey) player.skip(by);
  else if (by !== undefined) player.step(by);
  else if (press.key === ' ') player.toggle();
  else {
    const move =
      where === 'scrubber' ? ON_SCRUBBER[press.key.length === 1 ? press.key.toLowerCase() : press.key] : undefined;
    if (move === undefined) return false;
    move(player);
  }
  return true;
}
