// What a consumer asks of payloads: an immutable tree, built by calls or from JSON, and the hop before filter-match.
// Invariant: a Filter that exists is valid. One of another copy of the package counts, known by its mark.

import { type FilterJson, type FilterNode, nodeOf, nodeToJson } from './filter-node.ts';
import type { JsonValue } from './json-value.ts';

const MARK = Symbol.for('meshbus.Filter');

/**
 * Chooses events by their JSON payload. A path is member names joined by dots; a decimal name also indexes an
 * array. A missing path equals nothing, and a payload that is not JSON matches nothing, not even `not`.
 *
 * @example
 * ```ts
 * const filter = Filter.and([Filter.eq('type', 'token'), Filter.not(Filter.eq('user.id', 7))]);
 * const page = await bus.poll(new ConsumeRequest(100).filter(filter));
 * ```
 */
export class Filter {
  readonly #node: FilterNode;

  private constructor(node: FilterNode) {
    this.#node = node;
    Object.defineProperty(this, MARK, { value: true });
  }

  /** Matches where the value at `path` equals `value` in type and content, deeply. @throws ConsumerError InvalidFilter. */
  static eq(path: string, value: JsonValue): Filter {
    return Filter.fromJson({ path, value });
  }

  /** Matches where all of them do; none at all match nothing. @throws ConsumerError InvalidFilter. */
  static and(filters: readonly (Filter | FilterJson)[]): Filter {
    return new Filter(nodeOf({ $and: jsonOf(filters) }));
  }

  /** Matches where one of them does. @throws ConsumerError InvalidFilter. */
  static or(filters: readonly (Filter | FilterJson)[]): Filter {
    return new Filter(nodeOf({ $or: jsonOf(filters) }));
  }

  /** Matches JSON payloads that the other does not. @throws ConsumerError InvalidFilter. */
  static not(filter: Filter | FilterJson): Filter {
    return new Filter(nodeOf({ $not: toJsonForm(filter) }));
  }

  /** The filter that a JSON form describes. @throws ConsumerError InvalidFilter, naming what is wrong and where. */
  static fromJson(json: unknown): Filter {
    return new Filter(nodeOf(toJsonForm(json)));
  }

  /** The JSON form, which `fromJson` reads back. */
  toJson(): FilterJson {
    return nodeToJson(this.#node);
  }

  toJSON(): FilterJson {
    return this.toJson();
  }
}

/** The JSON form of a Filter, from whichever copy of the package; anything else as it is. */
export function toJsonForm(filter: unknown): unknown {
  return isFilter(filter) ? filter.toJson() : filter;
}

function jsonOf(filters: unknown): unknown {
  return Array.isArray(filters) ? filters.map(toJsonForm) : filters;
}

function isFilter(value: unknown): value is Filter {
  return typeof value === 'object' && value !== null && (value as { [MARK]?: unknown })[MARK] === true;
}
