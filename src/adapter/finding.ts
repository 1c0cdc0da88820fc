// Something an operator should know that is no error of a call.

/** A finding of an adapter or of the bus, published on the `meshbus:finding` diagnostics channel. */
export interface Finding {
  /** A short stable word, such as `clock-ahead` or `lane-wedged`. */
  readonly kind: string;
  readonly shard?: number | undefined;
  readonly message: string;
  readonly cause?: unknown;
}
