/**
 * Moves a list of rows by finger: as far as the finger goes while it is down, and on by its own pace once it has left.
 * Rows are all that comes out, so what is moved may be drawn on a canvas. Knows no ladder.
 */

/** How fast a pace dies: by e in so many milliseconds. Browsers take about 325. */
const DECAY_MILLIS = 325;
/** Slower than this, in CSS pixels a millisecond, is standing still. */
const LEAST_PACE = 0.05;
/** The pace is that of the last so many milliseconds: a finger that rests before it leaves throws nothing. */
const PACE_MILLIS = 80;

/** Pixels in, whole rows out; what is less than a row is kept for later. */
export class RowSteps {
  readonly #height: number;
  #rest = 0;

  /** @param height of a row, CSS pixels */
  constructor(height: number) {
    this.#height = height;
  }

  /** @returns rows, below zero upward */
  add(pixels: number): number {
    this.#rest += pixels;
    const rows = Math.trunc(this.#rest / this.#height);
    this.#rest -= rows * this.#height;
    // No -0: it counts as a change.
    return rows === 0 ? 0 : rows;
  }
}

interface Moment {
  readonly y: number;
  readonly millis: number;
}

/** CSS pixels a millisecond over the last moments; 0 when the finger rested. */
export function paceOf(moments: readonly Moment[]): number {
  const last = moments.at(-1);
  if (last === undefined) return 0;
  const first = moments.find(({ millis }) => last.millis - millis <= PACE_MILLIS);
  if (first === undefined || last.millis === first.millis) return 0;
  return (last.y - first.y) / (last.millis - first.millis);
}

export interface TouchPanOptions {
  /** CSS pixels. */
  readonly rowHeight: number;
  /** Rows that what is shown shall go down by, below zero up. */
  readonly onMove: (rows: number) => void;
}

/** An attachment for the element that is touched; give it `touch-action: none`. A mouse has its wheel. */
export function touchPan({ rowHeight, onMove }: TouchPanOptions): (node: HTMLElement) => () => void {
  return (node) => {
    let finger: number | undefined;
    let moments: Moment[] = [];
    let steps = new RowSteps(rowHeight);
    let frame = 0;

    const go = (pixels: number): void => {
      const rows = steps.add(pixels);
      if (rows !== 0) onMove(rows);
    };
    const rest = (): void => {
      cancelAnimationFrame(frame);
    };
    const glide = (pace: number, from: number): void => {
      frame = requestAnimationFrame((now) => {
        const passed = Math.min(100, Math.max(0, now - from));
        const slower = pace * Math.exp(-passed / DECAY_MILLIS);
        go(pace * passed);
        if (Math.abs(slower) > LEAST_PACE) glide(slower, now);
      });
    };
    const down = (event: PointerEvent): void => {
      rest();
      if (event.pointerType === 'mouse' || finger !== undefined) return;
      finger = event.pointerId;
      moments = [{ y: event.clientY, millis: event.timeStamp }];
      steps = new RowSteps(rowHeight);
      node.setPointerCapture(finger);
    };
    const move = (event: PointerEvent): void => {
      const before = moments.at(-1);
      if (event.pointerId !== finger || before === undefined) return;
      go(event.clientY - before.y);
      moments = [...moments, { y: event.clientY, millis: event.timeStamp }].slice(-12);
    };
    const up = (event: PointerEvent): void => {
      if (event.pointerId !== finger) return;
      finger = undefined;
      const last = moments.at(-1);
      if (event.type === 'pointercancel' || last === undefined || event.timeStamp - last.millis > PACE_MILLIS) return;
      if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
      const pace = paceOf(moments);
      if (Math.abs(pace) > LEAST_PACE) glide(pace, performance.now());
    };
    node.addEventListener('pointerdown', down);
    node.addEventListener('pointermove', move);
    node.addEventListener('pointerup', up);
    node.addEventListener('pointercancel', up);
    return () => {
      rest();
      node.removeEventListener('pointerdown', down);
      node.removeEventListener('pointermove', move);
      node.removeEventListener('pointerup', up);
      node.removeEventListener('pointercancel', up);
    };
  };
}
