/** Whether an error says that another version made what is stored: its layers can be built again. Pure. */
import { AppError } from '$lib/core/errors.ts';

export const isDrift = (error: unknown): boolean => error instanceof AppError && error.code === 'data.drift';
