/** Light or dark: the system's unless the reader chose one, kept in this browser. */

export type ThemeChoice = 'system' | 'light' | 'dark';
const KEY = 'furlong.theme';

function stored(): ThemeChoice {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

export class Theme {
  choice = $state<ThemeChoice>('system');
  /** What is shown now; canvases read it to know when to draw again. */
  shown = $state<'light' | 'dark'>('light');
  readonly #system = matchMedia('(prefers-color-scheme: dark)');

  constructor() {
    this.#apply(stored());
    this.#system.addEventListener('change', () => this.#apply(this.choice));
  }

  set(choice: ThemeChoice): void {
    this.#apply(choice);
    try {
      if (choice === 'system') localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, choice);
    } catch {
      // A browser that refuses storage keeps the choice until the tab closes.
    }
  }

  /** System, then the other one, then the first again: one key press shows a change every time. */
  next(): void {
    this.set(this.shown === 'dark' ? 'light' : 'dark');
  }

  #apply(choice: ThemeChoice): void {
    this.choice = choice;
    this.shown = choice === 'system' ? (this.#system.matches ? 'dark' : 'light') : choice;
    if (choice === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = choice;
  }
}
