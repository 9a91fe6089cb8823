/** What closing a position is said to be worth, and what that rests on. Pure. */
import { formatSigned } from '../format.ts';
import type { ClosedMarket } from './own-episode.ts';

/**
 * A dash where a runner that is held has no price on the side that would close it: the worth would be made up.
 * @param currency ISO 4217
 */
export function closedWords(
  { value, closable }: ClosedMarket,
  currency: string
): { readonly closed: string; readonly closedTitle: string | undefined } {
  if (closable === 0) return { closed: '–', closedTitle: 'no price is offered to close at' };
  const closed = `${formatSigned(value)} ${currency}`;
  if (closable === 1) return { closed, closedTitle: undefined };
  const share = closable < 0.01 ? 'less than 1' : String(Math.floor(closable * 100));
  const closedTitle = `the book takes ${share} % of it; the rest counts at the last price of the ladder`;
  return { closed, closedTitle };
}
