/** Bybit's instruments as markets. Its messages do not say whether a symbol is a pair or a contract: the caller does. */
import { cryptoRules } from '../../market/venues/crypto.ts';
import type { CryptoVenue } from '../crypto/crypto-stream.ts';
import { readBybit } from './bybit-message.ts';

export type BybitCategory = 'spot' | 'linear' | 'inverse';

/** `BTCUSDH25`, `BTC-27DEC24`: contracts that expire. */
const EXPIRES = /USD[HMUZ]\d\d$|-\d{1,2}[A-Z]{3}\d{2}$/u;

export const bybit = (category: BybitCategory): CryptoVenue => ({
  what: 'a recorded Bybit stream: a message with topic and data on each line',
  read: readBybit,
  describe: (found) => {
    const isSpot = category === 'spot';
    const expires = EXPIRES.test(found.symbol);
    return {
      venue: 'bybit',
      name: `${found.symbol}${isSpot ? '' : expires ? ' future' : ' perpetual'}`,
      eventName: `Bybit ${category}`,
      kind: isSpot ? 'SPOT' : expires ? 'FUTURE' : 'PERPETUAL',
      rules: cryptoRules({ ...found, venue: 'bybit', contract: category })
    };
  }
});
