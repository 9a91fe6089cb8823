/**
 * How recorders write a message of a crypto venue down: when it was received, and the JSON as it came. Three ways are
 * read: nanoseconds and a blank (`1723161256000000000 {`), seconds and a colon (`1652459225.5037491: {`), the JSON
 * alone. Lines that only name a connection or an answer of its REST interface are told apart. Knows no venue.
 */

export interface Framed {
  /** Nanoseconds since the epoch as nineteen digits; undefined where the recorder kept no time. */
  readonly received: string | undefined;
  readonly json: string;
  /** The address that was asked, of an answer of a REST interface. */
  readonly url?: string;
}

const NANOS = /^(\d{19})[ \t]+(\{.*)$/su;
const SECONDS = /^(\d{10})(?:\.(\d{1,9}))?: (\{.*)$/su;
const ANSWER = /^(https:\/\/\S+) -> (\d{10})(?:\.(\d{1,9}))?: (\{.*)$/su;
const HEADER = /^(?:wss?:\/\/\S+ (?:<->|<-|->) |https?:\/\/\S+ -> |configuration: )/u;

/** Lines of a recorder about itself: connections, subscriptions sent, settings. */
export const isFrameHeader = (line: string): boolean => HEADER.test(line);

/** @param line without its line end; undefined for what is none of the three */
export function framed(line: string): Framed | undefined {
  if (line.startsWith('{')) return { received: undefined, json: line };
  const nanos = NANOS.exec(line);
  if (nanos !== null) return { received: nanos[1], json: nanos[2] ?? '' };
  const seconds = SECONDS.exec(line);
  if (seconds !== null) return { received: nineteen(seconds[1], seconds[2]), json: seconds[3] ?? '' };
  const answer = ANSWER.exec(line);
  if (answer !== null) {
    return {
      received: nineteen(answer[2], answer[3]),
      json: answer[4] ?? '',
      ...(answer[1] === undefined ? {} : { url: answer[1] })
    };
  }
  return undefined;
}

const nineteen = (seconds = '', fraction = ''): string => seconds + fraction.padEnd(9, '0');
