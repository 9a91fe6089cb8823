/** Run ids, and the names people say instead of them: `quiet-furlong-17`, made from the id. */
import type { Random } from '../core/random.ts';
import { Random as Stream } from '../core/random.ts';
import { seed } from '../core/units.ts';

const FIRST = [
  'amber',
  'bold',
  'brisk',
  'bright',
  'calm',
  'clever',
  'copper',
  'crisp',
  'dapper',
  'early',
  'eager',
  'fair',
  'fleet',
  'gallant',
  'gentle',
  'golden',
  'hardy',
  'honest',
  'jolly',
  'keen',
  'lively',
  'lucky',
  'mellow',
  'merry',
  'misty',
  'nimble',
  'noble',
  'patient',
  'plucky',
  'proud',
  'quick',
  'quiet',
  'ready',
  'rosy',
  'royal',
  'silver',
  'sleek',
  'smart',
  'steady',
  'sunny',
  'swift',
  'tidy',
  'valiant',
  'wise'
] as const;
const SECOND = [
  'bay',
  'blaze',
  'bridle',
  'canter',
  'chestnut',
  'colt',
  'dapple',
  'derby',
  'filly',
  'fetlock',
  'furlong',
  'gallop',
  'girth',
  'grey',
  'halter',
  'handicap',
  'hurdle',
  'jockey',
  'length',
  'mane',
  'mare',
  'meadow',
  'neigh',
  'paddock',
  'palomino',
  'parade',
  'pony',
  'post',
  'rein',
  'roan',
  'saddle',
  'silks',
  'sprint',
  'stable',
  'stallion',
  'stirrup',
  'straight',
  'stride',
  'thistle',
  'trot',
  'turf',
  'weanling',
  'whistle',
  'yearling'
] as const;

const ID_CHARACTERS = '0123456789abcdefghjkmnpqrstvwxyz';

/** `r` and 12 characters; sorts by nothing, collides with nothing. */
export function runId(random: Random): string {
  return `r${Array.from({ length: 12 }, () => ID_CHARACTERS[random.below(ID_CHARACTERS.length)]).join('')}`;
}

/** Two words and a number; the same for the same id. */
export function runName(id: string): string {
  const stream = new Stream(seed(0), `name/${id}`);
  const first = FIRST[stream.below(FIRST.length)] as string;
  const second = SECOND[stream.below(SECOND.length)] as string;
  return `${first}-${second}-${String(1 + stream.below(99))}`;
}
