/**
 * The configuration being written: as a form and as YAML, in step. The last valid one is always kept; what is wrong
 * stands beside its field or its line until it is put right.
 */
import { formFields, valueAt, withValue } from '$lib/config/form-model.ts';
import type { FormField } from '$lib/config/form-model.ts';
import type { ConfigProblem } from '$lib/config/config-problem.ts';
import { inspectConfig } from '$lib/config/read-config.ts';
import type { RunConfig } from '$lib/config/run-config.ts';
import { writeConfig } from '$lib/config/write-config.ts';
import { AppError, asAppError } from '$lib/core/errors.ts';
import { parseInput, withYamlValue } from './draft-text.ts';

export interface FieldTrouble {
  /** What stands in the field, as typed. */
  readonly typed: string;
  readonly message: string;
}

export class Draft {
  config = $state.raw<RunConfig>() as RunConfig;
  text = $state('');
  /** Problems of the YAML, by line. */
  problems = $state.raw<readonly ConfigProblem[]>([]);
  /** Fields whose typed value is not taken, by path. */
  troubles = $state.raw<ReadonlyMap<string, FieldTrouble>>(new Map());
  readonly fields = $derived(formFields(this.config));
  readonly valid = $derived(this.problems.length === 0 && this.troubles.size === 0);

  constructor(config: RunConfig) {
    this.replace(config);
  }

  /** A preset, or another run's configuration. */
  replace(config: RunConfig): void {
    this.config = config;
    this.text = writeConfig(config);
    this.problems = [];
    this.troubles = new Map();
  }

  /** What a field shows. */
  shown(field: FormField): string {
    return this.troubles.get(field.path)?.typed ?? String(valueAt(this.config, field.path) ?? '');
  }

  /** A field was changed in the form. */
  setField(field: FormField, typed: string): void {
    const troubles = new Map(this.troubles);
    troubles.delete(field.path);
    try {
      const value = parseInput(field, typed);
      const next = withValue(this.config, field.path, value);
      this.config = next;
      // A field that decides which others there are changes more than its line.
      this.text = field.chooses ? writeConfig(next) : withYamlValue(this.text, field.path, value);
      this.problems = [];
    } catch (thrown) {
      const error = asAppError(thrown, field.title);
      troubles.set(field.path, { typed, message: troubleText(error) });
    }
    this.troubles = troubles;
  }

  /** The YAML was changed. */
  setText(text: string): void {
    this.text = text;
    try {
      const checked = inspectConfig(text, 'this YAML');
      if (checked.ok) {
        this.config = checked.config;
        this.problems = [];
        this.troubles = new Map();
      } else {
        this.problems = checked.problems;
      }
    } catch (thrown) {
      const error = asAppError(thrown, 'this YAML');
      this.problems = [
        { path: '', expected: error.expected ?? 'a configuration', got: error.got, remedy: error.remedy, line: 1 }
      ];
    }
  }
}

const troubleText = (error: AppError): string =>
  `${error.expected === undefined ? '' : `expected ${error.expected}, got `}${error.got}; ${error.remedy}`;
