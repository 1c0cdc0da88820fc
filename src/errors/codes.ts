// Every error code there is, with its family, its kind (the variant's name in the specification) and what it means.
// A new code goes here, into docs/reference/errors.md, and into a test; a parity test compares the three.

export const ERROR_CODES = {
  EBUS_CONFIG_INVALID: { family: 'ConfigError', kind: 'Invalid', meaning: 'One or more options are wrong.' },
  EBUS_CONFIG_NONCE: { family: 'ConfigError', kind: 'Nonce', meaning: 'The producer nonce file cannot be used.' },
  EBUS_CONFIG_MEMORY: { family: 'ConfigError', kind: 'Memory', meaning: 'The rings cannot be allocated.' },
  EBUS_CONFIG_RUNTIME: { family: 'ConfigError', kind: 'Runtime', meaning: 'This runtime lacks what the bus needs.' },
  EBUS_BACKPRESSURE: { family: 'IngestionError', kind: 'Backpressure', meaning: 'No room, and the policy refused.' },
  EBUS_SAMPLED: { family: 'IngestionError', kind: 'Sampled', meaning: 'Refused by the sampling policy.' },
  EBUS_UNROUTED: { family: 'IngestionError', kind: 'Unrouted', meaning: 'No shard takes this key now.' },
  EBUS_SHUTTING_DOWN: { family: 'IngestionError', kind: 'ShuttingDown', meaning: 'The bus takes no more events.' },
  EBUS_SERIALIZATION: { family: 'IngestionError', kind: 'Serialization', meaning: 'The event cannot be written.' },
  EBUS_TOO_LARGE: { family: 'IngestionError', kind: 'TooLarge', meaning: 'The event is over a size limit.' },
  EBUS_CONSUMER_ADAPTER: { family: 'ConsumerError', kind: 'Adapter', meaning: 'The adapter could not be read.' },
  EBUS_INVALID_CURSOR: { family: 'ConsumerError', kind: 'InvalidCursor', meaning: 'The cursor cannot be used here.' },
  EBUS_INVALID_FILTER: { family: 'ConsumerError', kind: 'InvalidFilter', meaning: 'The filter has no valid form.' },
  EBUS_INVALID_REQUEST: { family: 'ConsumerError', kind: 'InvalidRequest', meaning: 'The request has a bad field.' },
  EBUS_ADAPTER_TRANSIENT: { family: 'AdapterError', kind: 'Transient', meaning: 'Failed, and may be repeated.' },
  EBUS_ADAPTER_FATAL: { family: 'AdapterError', kind: 'Fatal', meaning: 'Failed, and repeating is useless.' },
  EBUS_ADAPTER_BACKPRESSURE: { family: 'AdapterError', kind: 'Backpressure', meaning: 'The store is full now.' },
  EBUS_ADAPTER_CONNECTION: { family: 'AdapterError', kind: 'Connection', meaning: 'Not to be had as configured.' },
  EBUS_ADAPTER_SHUTDOWN: { family: 'AdapterError', kind: 'Shutdown', meaning: 'The adapter was asked to stop.' },
  EBUS_ADAPTER_SERIALIZATION: { family: 'AdapterError', kind: 'Serialization', meaning: 'Cannot be read or written.' },
  EBUS_SCALING_AT_MAXIMUM: { family: 'ScalingError', kind: 'AtMaximum', meaning: 'There would be too many shards.' },
  EBUS_SCALING_BELOW_MINIMUM: {
    family: 'ScalingError',
    kind: 'BelowMinimum',
    meaning: 'Too few shards would be left.',
  },
  EBUS_SCALING_UNKNOWN_SHARD: { family: 'ScalingError', kind: 'UnknownShard', meaning: 'The bus has no such shard.' },
  EBUS_SCALING_ALREADY_DRAINING: { family: 'ScalingError', kind: 'AlreadyDraining', meaning: 'It is being removed.' },
  EBUS_SCALING_ADAPTER: { family: 'ScalingError', kind: 'Adapter', meaning: 'The adapter failed to do its part.' },
  EBUS_SCALING_MEMORY: { family: 'ScalingError', kind: 'Memory', meaning: 'The rings would take too much memory.' },
  EBUS_SCALING_DRAIN_TIMEOUT: {
    family: 'ScalingError',
    kind: 'DrainTimeout',
    meaning: 'Some shards are not empty yet.',
  },
  EBUS_SCALING_INVALID_REQUEST: { family: 'ScalingError', kind: 'InvalidRequest', meaning: 'No count, or no shards.' },
  EBUS_SCALING_SHUTTING_DOWN: {
    family: 'ScalingError',
    kind: 'ShuttingDown',
    meaning: 'Shards are not changed any more.',
  },
  EBUS_POSITION: { family: 'PositionError', kind: 'Position', meaning: 'A position that the adapter cannot read.' },
} as const;

/** The stable name of an error, for programs to decide by. */
export type ErrorCode = keyof typeof ERROR_CODES;
