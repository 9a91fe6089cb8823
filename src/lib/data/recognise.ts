/**
 * What a file is, by its first plain bytes and never by its name. More than one answer means that the bytes fit several
 * kinds; none, that they fit no kind that is known. Reads nothing but that beginning.
 */
import { sampleCsv } from './bars/csv.ts';
import { looksLikeKlines } from './bars/klines.ts';
import { NEEDED, guessReading, numberColumns, trial } from './bars/table-reading.ts';
import { binanceKinds } from './binance/binance-kind.ts';
import { looksFetched } from './binance/fetched.ts';
import { looksLikeResults } from './betfair/results.ts';
import { typedFormat } from './arrow/typed-table.ts';
import { framed, isFrameHeader } from './crypto/framing.ts';
import type { Candidate } from './import-question.ts';
import { looksLikeTerms } from './kalshi/metadata.ts';
import { plainText } from './plain-text.ts';

/** So many plain bytes tell every kind: venues begin with acknowledgements before they say anything. */
export const HEAD_BYTES = 1 << 16;
const LINES = 400;

/** @param whole whether `head` is all there is */
export function recognise(head: Uint8Array, whole: boolean): readonly Candidate[] {
  const typed = typedFormat(head);
  if (typed !== undefined)
    return [{ kind: 'typed-table', seen: `it begins as ${typed === 'parquet' ? 'Parquet' : 'Arrow'} does` }];
  const text = plainText(head.subarray(0, HEAD_BYTES));
  if (looksFetched(text)) return [{ kind: 'fetched', seen: 'it names its own format' }];
  const lines = text.split('\n', LINES);
  // A line that is cut off says what it is all the same.
  const messages = lines.map((line) => framed(line.trim())).filter((one) => one !== undefined);
  const first = lines.find((line) => line.trim() !== '' && !isFrameHeader(line))?.trim() ?? '';
  if (messages.length > 0 || first.startsWith('{') || first.startsWith('[')) {
    return ofMessages(
      text,
      messages.map((message) => message.json)
    );
  }
  return ofTable(text, whole);
}

const has = (texts: readonly string[], pattern: RegExp): boolean => texts.some((text) => pattern.test(text));

function ofMessages(text: string, messages: readonly string[]): readonly Candidate[] {
  if (has(messages, /^\{\s*"recv_ms"\s*:/u)) return [{ kind: 'kalshi', seen: 'its lines carry recv_ms' }];
  if (looksLikeTerms(text)) return [{ kind: 'kalshi-terms', seen: 'it describes markets of an event' }];
  if (has(messages, /"op"\s*:\s*"mcm"/u)) return [{ kind: 'betfair-stream', seen: 'its messages are op mcm' }];
  if (has(messages, /"channel"\s*:\s*"[a-z0-9-]+"/u) && has(messages, /"instId"\s*:/u)) {
    return [{ kind: 'okx', seen: 'its messages name a channel and an instId' }];
  }
  if (has(messages, /"topic"\s*:\s*"(?:orderbook|orderBookL2_25|publicTrade|trade)\./u)) return bybit(text, messages);
  if (has(messages, /"e"\s*:\s*"(?:depthUpdate|trade|aggTrade|bookTicker|markPriceUpdate)"|"lastUpdateId"\s*:/u)) {
    return binanceKinds(text, messages);
  }
  return [];
}

/** `spot`, `linear` and `inverse` send the same messages: the address that was recorded, or the symbol, tells. */
function bybit(text: string, messages: readonly string[]): readonly Candidate[] {
  const [, category] = /stream\.bybit\.com\/v5\/public\/(spot|linear|inverse)/u.exec(text) ?? [];
  if (category === 'spot' || category === 'linear' || category === 'inverse') {
    return [{ kind: `bybit-${category}`, seen: `it was recorded from v5/public/${category}` }];
  }
  if (/stream\.bybit\.com\/realtime_public/u.test(text) || has(messages, /"order_book"\s*:\s*\[/u)) {
    return [{ kind: 'bybit-linear', seen: 'it was recorded from realtime_public' }];
  }
  const symbol =
    /"topic"\s*:\s*"(?:orderbook\.\d+|orderBookL2_25|publicTrade|trade)\.([^"]+)"/u.exec(messages.join('\n'))?.[1] ??
    '';
  if (/USD(?:[HMUZ]\d\d)?$/u.test(symbol))
    return [{ kind: 'bybit-inverse', seen: `${symbol} is settled in its own coin` }];
  if (/PERP$|-\d{1,2}[A-Z]{3}\d{2}$/u.test(symbol))
    return [{ kind: 'bybit-linear', seen: `${symbol} is a linear contract` }];
  const seen = `it names ${symbol}, which is a spot pair as well as a contract`;
  return [
    { kind: 'bybit-linear', seen },
    { kind: 'bybit-spot', seen }
  ];
}

function ofTable(text: string, whole: boolean): readonly Candidate[] {
  const sample = sampleCsv(text, whole);
  if (sample === undefined) return [];
  if (looksLikeTerms(text)) return [{ kind: 'kalshi-terms', seen: 'its columns describe markets of Kalshi' }];
  if (looksLikeResults(sample.rows[0] ?? []))
    return [{ kind: 'betfair-results', seen: 'its columns are those of the results' }];
  if (looksLikeKlines(sample.rows)) return [{ kind: 'klines', seen: 'its twelve columns are those of the klines' }];
  const guess = guessReading(sample, '');
  const prices = guess.roles.filter((role) => role === 'open' || role === 'high' || role === 'low' || role === 'close');
  const timely = guess.roles.includes('time') || guess.roles.includes('date');
  const { read } = trial(guess, sample.rows);
  if (!(timely && prices.length >= 2) && read === 0) {
    // Whoever brings it may know what its columns are.
    const numbers = numberColumns(sample.rows.slice(1), guess.decimal);
    return numbers < NEEDED.length
      ? []
      : [{ kind: 'table', seen: `it has ${String(guess.roles.length)} columns, ${String(numbers)} of them numbers` }];
  }
  return [{ kind: 'table', seen: `it has ${String(guess.roles.length)} columns, a time and prices among them` }];
}
