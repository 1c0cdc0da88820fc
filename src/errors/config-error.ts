// Why a bus cannot be built: all faults of the options at once, or what the machine lacks.
import { EventBusError } from './event-bus-error.ts';

/** One thing that is wrong with the options. */
export interface ConfigFault {
  /** Where, such as `batch.maxEvents`. */
  readonly path: string;
  /** What was expected there, in words. */
  readonly expected: string;
  /** What was there, shortened; absent when the key is unknown or may hold a secret. */
  readonly value?: string;
}

const CODES = {
  Invalid: 'EBUS_CONFIG_INVALID',
  Nonce: 'EBUS_CONFIG_NONCE',
  Memory: 'EBUS_CONFIG_MEMORY',
  Runtime: 'EBUS_CONFIG_RUNTIME',
} as const;

/** The variants of ConfigError. */
export type ConfigErrorKind = keyof typeof CODES;

/** A bus cannot be made from this configuration, or not on this machine. Nothing was started. */
export class ConfigError extends EventBusError {
  static readonly family = 'ConfigError';
  readonly code: (typeof CODES)[ConfigErrorKind];
  readonly kind: ConfigErrorKind;
  /** Every fault of the options, in the order of their paths; empty unless `kind` is `Invalid`. */
  readonly faults: readonly ConfigFault[];

  constructor(
    kind: ConfigErrorKind,
    message: string,
    options: { cause?: unknown; faults?: readonly ConfigFault[] } = {},
  ) {
    super(ConfigError.family, message, options);
    this.kind = kind;
    this.code = CODES[kind];
    this.faults = Object.freeze([...(options.faults ?? [])]);
  }

  /** The error for a list of faults, each on a line of its own. */
  static ofFaults(faults: readonly ConfigFault[]): ConfigError {
    const lines = faults.map(
      (fault) =>
        `  ${fault.path}: expected ${fault.expected}${fault.value === undefined ? '' : `, got ${fault.value}`}`,
    );
    const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
    return new ConfigError('Invalid', `The configuration has ${count}:\n${lines.join('\n')}`, { faults });
  }
}
