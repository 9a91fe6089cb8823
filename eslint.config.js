import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

const deterministic = ['core', 'market', 'env', 'agents', 'research'].map((room) => `src/lib/${room}/**/*.ts`);

export default ts.config(
  {
    ignores: [
      'build/',
      '.svelte-kit/',
      '.furlong/',
      'node_modules/',
      'coverage/',
      'static/',
      'src/lib/compute/wasm/kernels/',
      'src/lib/compute/wasm/generated/'
    ]
  },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.browser, ...globals.node, __CODE_VERSION__: 'readonly' },
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', '*.cjs'] },
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.svelte']
      }
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // Typed-array reads in hot code are the one place where `!` is honest; style.md, rule 12.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/unified-signatures': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-undef': 'off'
    }
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
    rules: {
      'svelte/no-navigation-without-resolve': 'off',
      'svelte/prefer-svelte-reactivity': 'off',
      // `void app.theme.shown` names what an effect or a derived value depends on.
      '@typescript-eslint/no-meaningless-void-operator': 'off'
    }
  },
  {
    files: deterministic,
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'take a Random from the caller' },
        { object: 'Date', property: 'now', message: 'take a Clock from the caller' },
        { object: 'performance', property: 'now', message: 'take a Clock from the caller' }
      ]
    }
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    extends: [ts.configs.disableTypeChecked]
  }
);
