/** The places of the app, in the order of the rail. */
import BookOpen from '@lucide/svelte/icons/book-open';
import ChartCandlestick from '@lucide/svelte/icons/chart-candlestick';
import Database from '@lucide/svelte/icons/database';
import GraduationCap from '@lucide/svelte/icons/graduation-cap';
import ListChecks from '@lucide/svelte/icons/list-checks';
import type { Component } from 'svelte';

export interface Place {
  readonly href: string;
  readonly label: string;
  readonly icon: Component<{ size?: number | string; 'aria-hidden'?: 'true' }>;
  readonly counts?: 'markets' | 'runs';
}

export const places: readonly Place[] = [
  { href: '/notebooks', label: 'Notebooks', icon: BookOpen },
  { href: '/markets', label: 'Markets', icon: ChartCandlestick, counts: 'markets' },
  { href: '/train', label: 'Train', icon: GraduationCap },
  { href: '/runs', label: 'Runs', icon: ListChecks, counts: 'runs' },
  { href: '/data', label: 'Data', icon: Database }
];

export const isAt = (place: Place, pathname: string): boolean =>
  pathname === place.href || pathname.startsWith(`${place.href}/`);
