// The public face of meshbus: everything a user may import from the root.
export type {
  Adapter,
  AdapterCapabilities,
  AdapterContext,
  AdapterFactory,
  Batch,
  CallOptions,
  EventView,
  Gap,
  ShardInfo,
  ShardPage,
  ShardQuery,
  StoredRecord,
  StoreInfo,
} from './adapter/contract.ts';
export type { Finding } from './adapter/finding.ts';
export type { JetStreamOptions, JetStreamTls } from './adapters/jetstream/config.ts';
export { jetstream } from './adapters/jetstream/root.ts';
export { type LogOptions, log } from './adapters/log/index.ts';
export { type MemoryOptions, memory } from './adapters/memory/index.ts';
export {
  type CertificateOptions,
  type KeyMap,
  type LinkOptions,
  type NetConfig,
  type NetOptions,
  net,
} from './adapters/net/index.ts';
export { noop } from './adapters/noop/index.ts';
export type { RedisOptions, RedisWait } from './adapters/redis/config.ts';
export { redis } from './adapters/redis/root.ts';
export type { DropMessage, FindingMessage } from './bus/announcer.ts';
export { type CreateOptions, EventBus, type IngestResult } from './bus/event-bus.ts';
export type { BatchOutcome, RejectedEvent } from './bus/ingest-batch.ts';
export type { EventBusStats, ShardStats, StatsSnapshot } from './bus/stats.ts';
export { AdapterConfig } from './config/adapter-config.ts';
export { BackpressureMode } from './config/backpressure-mode.ts';
export { BatchConfig } from './config/batch-config.ts';
export type { EventBusConfigBuilder } from './config/builder.ts';
export { EventBusConfig } from './config/event-bus-config.ts';
export type {
  Backpressure,
  BatchOptions,
  DeadLetterHook,
  EventBusOptions,
  ResolvedOptions,
  RetryOptions,
} from './config/options.ts';
export { type ConsumeOptions, ConsumeRequest, type StartPoint } from './consume/consume-request.ts';
export { Filter } from './consume/filter.ts';
export type { FilterJson } from './consume/filter-node.ts';
export type { JsonValue } from './consume/json-value.ts';
export { Ordering } from './consume/ordering.ts';
export { ConsumeResponse, type ConsumeResponseJson, type FailedShard } from './consume/page.ts';
export type { SubscribeOptions } from './consume/subscribe-options.ts';
export { Subscription } from './consume/subscription.ts';
export { AdapterError, type AdapterErrorKind, type EndCounts } from './errors/adapter-error.ts';
export { ERROR_CODES, type ErrorCode } from './errors/codes.ts';
export { ConfigError, type ConfigErrorKind, type ConfigFault } from './errors/config-error.ts';
export { ConsumerError, type ConsumerErrorKind } from './errors/consumer-error.ts';
export { EventBusError } from './errors/event-bus-error.ts';
export { IngestionError, type IngestionErrorKind } from './errors/ingestion-error.ts';
export { PositionError } from './errors/position-error.ts';
export { ScalingError, type ScalingErrorFigures, type ScalingErrorKind } from './errors/scaling-error.ts';
export { Event } from './event/event.ts';
export { RawEvent } from './event/raw-event.ts';
export { StoredEvent, type StoredEventJson } from './event/stored-event.ts';
export type { IngestOptions } from './ingest/ingest-options.ts';
export type { IngestOutcome } from './ingest/outcome.ts';
export type { NoScalingReason, ScalingDecision, ScalingFigures } from './scaling/decision.ts';
export type { ShardLoad } from './scaling/load.ts';
export { type ScalingOptions, ScalingPolicy, type ScalingThresholds } from './scaling/policy.ts';
export type { Refusal } from './shard/account.ts';
export type { DropReason } from './shard/ends.ts';
export type { Environment, Timer } from './util/environment.ts';
