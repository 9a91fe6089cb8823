/** One measured number, as `npm run bench` prints it. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The peer's number in the same unit, measured in the same run unless the name says otherwise. */
  readonly baseline?: number;
  /** How many times better than the baseline. */
  readonly ratio?: number;
  readonly goal?: number;
  readonly met?: boolean;
}
