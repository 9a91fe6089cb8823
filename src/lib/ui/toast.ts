/** Short messages at the foot of the page. Destroying something always offers undo here. */
import { toast } from 'svelte-sonner';
import { asAppError } from '$lib/core/errors.ts';

/** `Deleted run quiet-bay-17` with an Undo button that stays for ten seconds. */
export function sayWithUndo(text: string, undo: () => Promise<void>): void {
  toast(text, {
    duration: 10_000,
    action: {
      label: 'Undo',
      onClick: () => {
        undo().catch((thrown: unknown) => sayError(thrown, 'undo'));
      }
    }
  });
}

/** Something the reader may let happen, or let pass. */
export function sayWithAction(text: string, label: string, act: () => void): void {
  toast(text, { duration: 12_000, action: { label, onClick: act } });
}

/** For errors with no place of their own on the page; elsewhere use `ErrorNote`. */
export function sayError(thrown: unknown, subject: string): void {
  const error = asAppError(thrown, subject);
  if (error.code === 'aborted') return;
  toast.error(error.message, { duration: 15_000 });
}
