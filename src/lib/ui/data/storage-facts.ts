/** How much is stored, where, and whether it will stay. Pure. */
import type { StorageStatus } from '$lib/data/records.ts';
import { formatBytes } from '../format.ts';

export function storageFacts(status: StorageStatus): string {
  const left = Math.max(0, status.quotaBytes - status.usedBytes);
  const used = `${formatBytes(status.usedBytes)} used, ${formatBytes(left)} left`;
  if (status.kind === 'memory') return `${used}, in memory only: ${status.why}. Nothing outlives this tab.`;
  const kept = status.persisted ? 'kept until you delete it' : 'the browser may clear it when the disk fills';
  return `${used} in the browser's own storage; ${kept}.`;
}
