// Answers the reads of the bus: pages, tails, times, all in positions that every node understands. Keeps the last places of
// readers, so that one that goes on need not be looked up again.
import type { ShardPage, ShardQuery } from '../../../adapter/contract.ts';
import { MeshPage } from './mesh-page.ts';
import { decodePosition, encodePosition } from './position.ts';
import { type PlaceRules, ReadingPlace } from './reading-place.ts';
import type { ShardStreams } from './shard-streams.ts';
import { firstSequenceOf } from './slice-records.ts';
import type { Stream } from './stream.ts';
import type { StreamStore } from './stream-store.ts';

/** How many places of each shard are kept. */
const MOST_PLACES = 32;
const NS_PER_MS = 1_000_000n;

export class MeshReader {
  readonly #store: StreamStore;
  readonly #indexes = new Map<number, Map<string, number>>();
  readonly #rules: PlaceRules;

  constructor(store: StreamStore, rules: PlaceRules) {
    this.#store = store;
    this.#rules = rules;
  }

  /** Reads a shard from a position on. @throws PositionError */
  async page(shard: number, query: ShardQuery): Promise<ShardPage> {
    const position = decodePosition(query.after);
    const streams = this.#store.shard(shard);
    streams.trimmedTo = this.#store.frames.extent(shard)?.trimmedTo ?? 0;
    const place = ReadingPlace.of(streams, position, this.#rules);
    await this.#lookUpFloors(place, position.floorMs);
    place.index = this.#startOf(streams, place, query.after);
    const page = await new MeshPage(this.#store, streams, query, place).read();
    if (place.held.size === 0 && page.next !== undefined) this.#keep(shard, page.next, place.index);
    return page;
  }

  /** The position after which only new events lie; undefined while the shard has none. */
  tail(shard: number): string | undefined {
    const streams = this.#store.shard(shard);
    const place = ReadingPlace.of(streams, decodePosition(undefined), this.#rules);
    for (const stream of streams.all()) place.next.set(stream, stream.to);
    return encodePosition(place.position());
  }

  /** The position right before all events of each stream at or after a time; undefined for the start of the shard. */
  async seek(shard: number, timestampNs: bigint): Promise<string | undefined> {
    const streams = this.#store.shard(shard);
    const place = ReadingPlace.of(streams, decodePosition(undefined), this.#rules);
    const { trimmedStampNs = 0n } = this.#store.frames.extent(shard) ?? {};
    for (const stream of [...streams.all()]) {
      place.next.set(stream, await this.#sequenceAt(stream, timestampNs, trimmedStampNs));
    }
    return encodePosition(place.position());
  }

  async #sequenceAt(stream: Stream, timestampNs: bigint, trimmedStampNs: bigint): Promise<number> {
    if (stream.newestStampNs < timestampNs) return stream.to;
    const sequence = await this.#store.sequenceAt(stream, timestampNs);
    const isFirst = sequence === stream.kept || (await this.#firstKept(stream)) === sequence;
    // Among the trimmed events some lie at or after the time: the reader starts before them and is told of the gap.
    if (isFirst && timestampNs <= trimmedStampNs) return 0;
    return sequence - (await this.#lostBefore(stream, sequence));
  }

  /** Events that are missing right before one: when they happened is not known, and who starts there is told of them. */
  async #lostBefore(stream: Stream, sequence: number): Promise<number> {
    const slice = await this.#store.sliceAt(stream, sequence);
    return slice !== undefined && firstSequenceOf(slice) === sequence ? slice.lostBefore : 0;
  }

  /** The first sequence that can be read. */
  async #firstKept(stream: Stream): Promise<number> {
    return this.#store.sequenceAt(stream, 0n);
  }

  /** Of streams that only the floor tells of, the events up to it count as read. */
  async #lookUpFloors(place: ReadingPlace, floorMs: number): Promise<void> {
    const after = (BigInt(floorMs) + 1n) * NS_PER_MS;
    for (const stream of place.byFloor) {
      const sequence = await this.#store.sequenceAt(stream, after);
      // When no event up to the floor can be read, those before the first one may be younger: a gap tells of them.
      if (sequence === stream.kept) place.held.add(stream);
      else if (sequence === (await this.#firstKept(stream))) place.lost.set(stream, sequence);
      else place.next.set(stream, Math.max(place.nextOf(stream), sequence));
    }
  }

  #startOf(streams: ShardStreams, place: ReadingPlace, after: string | undefined): number {
    const known = after === undefined ? 0 : this.#indexes.get(streams.shard)?.get(after);
    if (known !== undefined && place.held.size === 0) return known;
    let index = place.end;
    for (const stream of place.known) {
      if (!place.wants(stream)) continue;
      index = Math.min(index, stream.places.before(place.nextOf(stream))?.index ?? index);
    }
    return index;
  }

  #keep(shard: number, position: string, index: number): void {
    let indexes = this.#indexes.get(shard);
    if (indexes === undefined) {
      indexes = new Map();
      this.#indexes.set(shard, indexes);
    }
    indexes.delete(position);
    indexes.set(position, index);
    if (indexes.size > MOST_PLACES) indexes.delete(indexes.keys().next().value as string);
  }
}
