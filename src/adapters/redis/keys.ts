// Names of the keys of a store in Redis. Invariant: all keys of a shard have the hash tag {prefix:shard}, so that one
// script may touch them on a cluster; no two prefixes share a key.
//
//  {prefix:shard}                  stream: the events of the shard
//  {prefix:shard}:end              stream of one entry, whose id is that of the newest entry of the shard
//  {prefix:shard}:producer:<name>  string: the last sequence of that producer, with an expiry
//  {prefix}:store                  string: the name of the store
//  {prefix}:shards                 set: the shards that were ever written

export class Keys {
  readonly store: string;
  readonly shards: string;
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.store = `{${prefix}}:store`;
    this.shards = `{${prefix}}:shards`;
  }

  stream(shard: number): string {
    return `{${this.#prefix}:${shard}}`;
  }

  end(shard: number): string {
    return `{${this.#prefix}:${shard}}:end`;
  }

  producer(shard: number, producer: string): string {
    return `{${this.#prefix}:${shard}}:producer:${producer}`;
  }

  /** Written by `flush` where it waits for replicas: on the connection of the shard, behind all its batches. */
  flushed(shard: number): string {
    return `{${this.#prefix}:${shard}}:flushed`;
  }
}
