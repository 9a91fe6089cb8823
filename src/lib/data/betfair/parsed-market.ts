/** A market read from an Exchange Stream: its tape, its texts, and what the catalogue wants to know of it. */
import type { MarketInfo, Runner, Tape } from '../../market/tape.ts';
import { MarketStatus, Outcome } from '../../market/tape.ts';
import { betfairRules } from '../../market/venues/betfair.ts';
import type { PackedTexts } from '../parquet/columns.ts';
import type { MarketRecord, Oddity } from '../records.ts';
import type { MarketDefinition } from './definition.ts';
import type { KeptDefinition, MarketRecorder, RecorderCounts } from './market-recorder.ts';

/** An episode needs a market that moves before the off: this many messages in these last minutes. */
const BUSY_MINUTES = 10;
const BUSY_MESSAGES = 20;
const MINUTE = 60_000;

/** What bronze stores: each message of the market as received. Times in milliseconds since the epoch. */
export interface MarketTexts {
  readonly published: Float64Array;
  readonly received: Float64Array;
  readonly text: readonly string[];
  readonly packed: PackedTexts | undefined;
}

export interface FinishOptions {
  /** SHA-256 of the source's bytes, hex. */
  readonly fingerprint: string;
  readonly shared: boolean;
}

export class ParsedMarket {
  readonly id: string;
  readonly source: string;
  readonly #recorder: MarketRecorder;

  constructor(recorder: MarketRecorder) {
    this.id = recorder.id;
    this.source = recorder.source;
    this.#recorder = recorder;
  }

  get counts(): Readonly<RecorderCounts> {
    return this.#recorder.counts;
  }

  get rows(): number {
    return this.#recorder.builder.rows;
  }

  get definitions(): readonly KeptDefinition[] {
    return this.#recorder.definitions;
  }

  get oddities(): readonly Oddity[] {
    return this.#recorder.oddities.list();
  }

  /** Line of the source, from 1, that message `index` of this market came in. */
  line(index: number): number | undefined {
    return this.#recorder.lines[index];
  }

  /** Publish time of each message, milliseconds since the epoch. */
  publishMillis(): Float64Array {
    return Float64Array.from(this.#recorder.publishMillis);
  }

  /** The text of each message; of a message for several markets, its head and this market's part. */
  texts(): MarketTexts {
    const published = this.publishMillis();
    const { texts } = this.#recorder;
    return {
      published,
      received: published,
      packed: texts.packed(),
      get text() {
        return texts.texts();
      }
    };
  }

  info(fingerprint: string): MarketInfo {
    const { definition, slots, ladder } = this.#recorder;
    const delay = this.#recorder.betDelaySeconds;
    return {
      id: this.id,
      venue: 'betfair',
      name: nameOf(definition, this.id),
      eventName: definition?.eventName === undefined ? '' : definition.eventName || definition.venue,
      kind: definition?.marketType ?? '',
      country: definition?.country ?? '',
      rules: betfairRules({
        winners: definition?.winners ?? 1,
        ...(definition?.eachWayDivisor === undefined ? {} : { eachWayDivisor: definition.eachWayDivisor }),
        // Of both kinds, `ASIAN_HANDICAP_DOUBLE_LINE` and `ASIAN_HANDICAP_SINGLE_LINE`.
        ...(definition?.bettingType.startsWith('ASIAN_HANDICAP') === true ? { handicaps: true } : {}),
        ...(definition?.bettingType === 'LINE' ? { line: true } : {}),
        marketBaseRatePercent: definition?.marketBaseRatePercent ?? 5,
        betDelaySeconds: delay > 0 ? delay : definition?.turnsInPlay === true ? 5 : 0,
        ...(ladder.type === 'CLASSIC' ? {} : { ladder })
      }),
      runners: slots.ids.map((id, slot): Runner => {
        const handicap = slots.handicaps[slot]!;
        const name = this.#recorder.names.get(slot) ?? String(id);
        return {
          slot,
          id: String(id),
          handicap,
          name,
          sortPriority: this.#recorder.sortPriorities.get(slot) ?? slot + 1
        };
      }),
      // 0 where none was announced: it has to survive JSON.
      scheduledMillis: definition?.scheduledMillis || 0,
      fingerprint,
      synthetic: false
    };
  }

  /** May be called more than once: each call lays the rows out anew. */
  finish(options: FinishOptions): Tape {
    return this.#recorder.builder.build(this.info(options.fingerprint), { shared: options.shared });
  }

  record(options: { readonly dataset: string; readonly fingerprint: string }): MarketRecord {
    const info = this.info(options.fingerprint);
    const { counts, definition, publishMillis, inPlayMillis } = this.#recorder;
    const reason = this.#whyNotTrainable();
    return {
      id: this.id,
      dataset: options.dataset,
      name: info.name,
      eventName: info.eventName,
      kind: info.kind,
      country: info.country,
      venue: info.venue,
      synthetic: false,
      runners: info.runners.length,
      messages: counts.messages,
      definitions: counts.definitions,
      rows: this.rows,
      trades: counts.trades,
      matched: counts.matchedLots * info.rules.lotSize,
      firstMillis: publishMillis[0] ?? Number.NaN,
      lastMillis: publishMillis.at(-1) ?? Number.NaN,
      scheduledMillis: info.scheduledMillis,
      ...(inPlayMillis === undefined ? {} : { inPlayMillis }),
      status: STATUS_NAMES[definition?.status ?? MarketStatus.inactive],
      winners: this.#winners(),
      fingerprint: options.fingerprint,
      trainable: reason === undefined,
      ...(reason === undefined ? {} : { reason }),
      ...(this.#recorder.damage === undefined ? {} : { damage: this.#recorder.damage }),
      oddities: this.oddities
    };
  }

  /** Their ids, as the definition says at the end. */
  #winners(): readonly string[] {
    const winners = this.#recorder.definition?.runners.filter((runner) => runner.outcome === Outcome.winner) ?? [];
    return winners.map((runner) => String(runner.id));
  }

  /** A runner that changes named and no definition ever did: perhaps another market's. */
  #undefinedRunner(definition: MarketDefinition): string | undefined {
    const { slots } = this.#recorder;
    const named = new Set(definition.runners.map((runner) => slots.find(runner.id, runner.handicap)));
    const stranger = slots.ids.findIndex((_, slot) => !named.has(slot));
    return stranger < 0 ? undefined : String(slots.ids[stranger]);
  }

  #whyNotTrainable(): string | undefined {
    const { counts, damage, definition, publishMillis, inPlayMillis } = this.#recorder;
    if (damage !== undefined) return `its book cannot be trusted: ${damage}`;
    if (definition === undefined) return 'it has no market definition';
    if (counts.depth === 0) return 'it has no ladder depth, only last traded prices (BASIC tier)';
    if (!Number.isFinite(definition.scheduledMillis)) return 'it has no scheduled start';
    const stranger = this.#undefinedRunner(definition);
    if (stranger !== undefined) return `runner ${stranger} is in none of its definitions`;
    const active = definition.runners.filter((runner) => runner.outcome !== Outcome.removed).length;
    if (active < 2) return `it has ${String(active)} active runners, two are needed`;
    const off = inPlayMillis ?? definition.scheduledMillis;
    const from = off - BUSY_MINUTES * MINUTE;
    const busy = publishMillis.reduce((count, millis) => (millis >= from && millis < off ? count + 1 : count), 0);
    if (busy >= BUSY_MESSAGES) return undefined;
    const early = Math.round((off - (publishMillis.at(-1) ?? off)) / MINUTE);
    if (early > BUSY_MINUTES) return `the recording ends ${String(early)} minutes before the off`;
    return `it has ${String(busy)} messages in the ${String(BUSY_MINUTES)} minutes before the off, ${String(BUSY_MESSAGES)} are needed`;
  }
}

const STATUS_NAMES = ['inactive', 'open', 'suspended', 'closed'] as const;

function nameOf(definition: MarketDefinition | undefined, id: string): string {
  if (definition === undefined) return id;
  return definition.name || `${definition.marketType} ${id}`;
}
