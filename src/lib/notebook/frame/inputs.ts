/** The few inputs a notebook needs, in Observable's manner: an element with a `value` that sends `input` events. */
import type { Row, Rows } from './questions.ts';

type Valued<T> = HTMLElement & { value: T };

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 4 });
const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' });

function cellText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number') return number.format(value);
  if (value instanceof Date) return date.format(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Rows as a table that scrolls; figures stand right. Only the first `rows` (200) are drawn, and it says so. */
export function table(data: Rows, options: { rows?: number; columns?: readonly string[] } = {}): Valued<Rows> {
  const limit = options.rows ?? 200;
  const columns = options.columns ?? data.columns ?? Object.keys(data[0] ?? {});
  const numeric = new Set(columns.filter((name) => data.some((row) => typeof row[name] === 'number')));
  const element = document.createElement('table');
  const head = element.createTHead().insertRow();
  for (const name of columns) {
    const cell = document.createElement('th');
    cell.scope = 'col';
    cell.textContent = name;
    if (numeric.has(name)) cell.className = 'figure';
    head.append(cell);
  }
  const body = element.createTBody();
  for (const row of data.slice(0, limit)) {
    const line = body.insertRow();
    for (const name of columns) {
      const cell = line.insertCell();
      cell.textContent = cellText(row[name]);
      if (numeric.has(name)) cell.className = 'figure';
    }
  }
  const box = document.createElement('div');
  box.className = 'table';
  box.tabIndex = 0;
  box.setAttribute('role', 'region');
  box.setAttribute('aria-label', `Table of ${String(data.length)} rows`);
  box.append(element);
  if (data.length > limit) {
    const note = document.createElement('p');
    note.className = 'note';
    note.textContent = `The first ${String(limit)} of ${data.length.toLocaleString('en')} rows.`;
    box.append(note);
  }
  return Object.assign(box, { value: data });
}

function field<T>(labelText: string | undefined, control: HTMLElement, read: () => T): Valued<T> {
  const label = document.createElement('label');
  label.className = 'field';
  const name = document.createElement('span');
  name.textContent = labelText ?? '';
  label.append(name, control);
  Object.defineProperty(label, 'value', { get: read });
  return label as unknown as Valued<T>;
}

export function range(
  [low, high]: readonly [number, number] = [0, 1],
  options: { label?: string; step?: number; value?: number } = {}
): Valued<number> {
  const slider = document.createElement('input');
  slider.type = 'range';
  slider.min = String(low);
  slider.max = String(high);
  slider.step = String(options.step ?? (high - low) / 100);
  slider.value = String(options.value ?? (low + high) / 2);
  const shown = document.createElement('output');
  const show = (): void => {
    shown.textContent = number.format(slider.valueAsNumber);
  };
  slider.addEventListener('input', show);
  show();
  const both = document.createElement('span');
  both.append(slider, shown);
  return field(options.label, both, () => slider.valueAsNumber);
}

export function select<T>(
  choices: readonly T[],
  options: { label?: string; value?: T; format?: (choice: T) => string } = {}
): Valued<T | undefined> {
  const control = document.createElement('select');
  choices.forEach((choice, index) => {
    const text = options.format === undefined ? cellText(choice) : options.format(choice);
    control.add(new Option(text, String(index), false, choice === options.value));
  });
  return field(options.label, control, () => choices[control.selectedIndex]);
}

export function toggle(options: { label?: string; value?: boolean } = {}): Valued<boolean> {
  const control = document.createElement('input');
  control.type = 'checkbox';
  control.checked = options.value ?? false;
  return field(options.label, control, () => control.checked);
}

export type { Row };
