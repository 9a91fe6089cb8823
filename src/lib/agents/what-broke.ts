/**
 * Which of an update's arrays was the first that is not made of finite numbers, once its losses are not: what it took in
 * comes before what it made of it, and that before the weights it left. Knows no algorithm.
 */
import { AppError } from '../core/errors.ts';

export interface BrokenUpdate {
  /** Counted from 1; the one before an action. */
  readonly update: number;
  /** What it took in, in the order to look at it; by name. */
  readonly taken: Readonly<Record<string, Float32Array>>;
  /** Throws `training.diverged` about the first of the weights that is not finite. */
  readonly save: () => Promise<unknown>;
}

/** @returns what is to be thrown instead: anything but `training.diverged` as it came */
export async function whatBroke(thrown: unknown, { update, taken, save }: BrokenUpdate): Promise<unknown> {
  if (!isDivergence(thrown)) return thrown;
  const weights = await save().then(
    () => undefined,
    (error: unknown) => (isDivergence(error) ? error.subject : undefined)
  );
  const left = weights === undefined ? '' : `; of the weights it left, ${weights} is the first that is not finite`;
  const given = Object.entries(taken).find(([, values]) => !values.every(Number.isFinite));
  const { subject, got, expected = 'a finite number', remedy } = thrown;
  if (given === undefined) {
    return new AppError('training.diverged', {
      subject,
      expected,
      got: `${got} in update ${String(update)}, from finite ${Object.keys(taken).join(', ')}${left}`,
      remedy,
      cause: thrown
    });
  }
  const [name, values] = given;
  return new AppError('training.diverged', {
    subject: name,
    expected: 'finite numbers',
    got: `${String(values.find((x) => !Number.isFinite(x)))} in update ${String(update)}, and ${subject} with it${left}`,
    remedy: 'look for what the environment gave that is no number, then train anew',
    cause: thrown
  });
}

/** What is said of a policy whose action, or what it is chosen by, is no number. */
export const brokenAction = (subject = 'action of the policy'): AppError =>
  new AppError('training.diverged', {
    subject,
    expected: 'finite numbers',
    got: 'NaN',
    remedy: 'go on from the last checkpoint with a lower learning rate'
  });

const isDivergence = (thrown: unknown): thrown is AppError =>
  thrown instanceof AppError && thrown.code === 'training.diverged';
