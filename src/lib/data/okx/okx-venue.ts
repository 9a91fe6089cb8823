/** OKX's instruments as markets. */
import { cryptoRules } from '../../market/venues/crypto.ts';
import type { CryptoVenue } from '../crypto/crypto-stream.ts';
import { okxContract, readOkx } from './okx-message.ts';

export const OKX: CryptoVenue = {
  what: 'a recorded OKX stream: a message with arg and data on each line',
  read: readOkx,
  describe: (found) => {
    const contract = okxContract(found.symbol);
    const isSpot = contract === 'spot';
    const isPerpetual = found.symbol.endsWith('-SWAP');
    const what = isSpot ? '' : contract === 'option' ? ' option' : isPerpetual ? ' perpetual' : ' future';
    return {
      venue: 'okx',
      name: `${found.symbol}${what}`,
      eventName: isSpot ? 'OKX spot' : 'OKX derivatives',
      kind: isSpot ? 'SPOT' : contract === 'option' ? 'OPTION' : isPerpetual ? 'PERPETUAL' : 'FUTURE',
      // An option is paid for in full, as far as its book goes.
      rules: cryptoRules({ ...found, venue: 'okx', contract: contract === 'option' ? 'spot' : contract })
    };
  }
};
