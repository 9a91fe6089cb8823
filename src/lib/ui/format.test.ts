import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatMoment,
  formatNumber,
  formatPercent,
  formatSigned,
  formatSignificant,
  formatTick
} from './format.ts';

describe('numbers as shown', () => {
  it('uses a true minus and never shows a negative nought', () => {
    expect(formatNumber(-1234.5, 1)).toBe('\u22121,234.5');
    expect(formatNumber(-0.04, 1)).toBe('0.0');
    expect(formatNumber(Number.NaN)).toBe('–');
  });

  it('puts a plus only before what is above nought', () => {
    expect(formatSigned(0.42)).toBe('+0.42');
    expect(formatSigned(-2.9, 1)).toBe('\u22122.9');
    expect(formatSigned(0.0001)).toBe('0.00');
  });

  it('keeps so many significant digits without an exponent in the usual range', () => {
    expect(formatSignificant(0.012345)).toBe('0.0123');
    expect(formatSignificant(1234.5)).toBe('1,235');
    expect(formatSignificant(0)).toBe('0');
    expect(formatSignificant(1.5e-7)).toBe('1.50e\u22127');
  });

  it('shortens what is large', () => {
    expect(formatCount(182400)).toBe('182,400');
    expect(formatCount(1_240_000)).toBe('1.2\u202fM');
    expect(formatTick(60_000)).toBe('60k');
    expect(formatTick(1_500_000)).toBe('1.5M');
    expect(formatTick(-0.25)).toBe('\u22120.25');
  });

  it('says a share in per cent', () => {
    expect(formatPercent(0.814)).toBe('81.4\u202f%');
    expect(formatPercent(Number.NaN)).toBe('–');
  });

  it('uses decimal units for bytes and moves up before it would print four digits', () => {
    expect(formatBytes(0)).toBe('0 B');
    expect(formatBytes(999.6)).toBe('1.0 kB');
    expect(formatBytes(214e6)).toBe('214 MB');
    expect(formatBytes(8.1e9)).toBe('8.1 GB');
  });
});

describe('times as shown', () => {
  it('says a duration in at most two units', () => {
    expect(formatDuration(0.0085)).toBe('9 ms');
    expect(formatDuration(4.24)).toBe('4.2 s');
    expect(formatDuration(59.6)).toBe('1 min');
    expect(formatDuration(200)).toBe('3 min 20 s');
    expect(formatDuration(7500)).toBe('2 h 5 min');
    expect(formatDuration(-1)).toBe('–');
  });

  it('says the time of today, the day of this year, the year before', () => {
    const now = new Date(2022, 10, 9, 12, 0).getTime();
    expect(formatMoment(new Date(2022, 10, 9, 9, 5).getTime(), now)).toBe('09:05');
    expect(formatMoment(new Date(2022, 10, 8, 9, 5).getTime(), now)).toBe('8 Nov');
    expect(formatMoment(new Date(2021, 10, 8, 9, 5).getTime(), now)).toBe('8 Nov 2021');
  });

  it('counts down to the off, and not past it', () => {
    expect(formatClock(221.9)).toBe('03:41');
    expect(formatClock(3661)).toBe('1:01:01');
    expect(formatClock(-5)).toBe('00:00');
  });
});
