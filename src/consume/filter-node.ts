// The tree inside a filter, read from its JSON form. Invariant: a node is valid, deeply frozen and of bounded depth.
import { ConsumerError } from '../errors/consumer-error.ts';
import { copyJson, type JsonValue } from './json-value.ts';

/** Operators and compared values each nest at most this deep. */
const MAX_DEPTH = 64;

/** A filter as JSON. Exactly one of these forms at each level. */
export type FilterJson =
  | { readonly path: string; readonly value: JsonValue }
  | { readonly $eq: { readonly path: string; readonly value: JsonValue } }
  | { readonly $and: readonly FilterJson[] }
  | { readonly $or: readonly FilterJson[] }
  | { readonly $not: FilterJson };

export type FilterNode =
  | { readonly kind: 'eq'; readonly path: string; readonly value: JsonValue }
  | { readonly kind: 'and' | 'or'; readonly nodes: readonly FilterNode[] }
  | { readonly kind: 'not'; readonly node: FilterNode };

/** @throws ConsumerError InvalidFilter, naming what is wrong and where. */
export function nodeOf(json: unknown): FilterNode {
  return read(json, 'filter', MAX_DEPTH);
}

export function nodeToJson(node: FilterNode): FilterJson {
  switch (node.kind) {
    case 'eq':
      return { path: node.path, value: node.value };
    case 'and':
      return { $and: node.nodes.map(nodeToJson) };
    case 'or':
      return { $or: node.nodes.map(nodeToJson) };
    case 'not':
      return { $not: nodeToJson(node.node) };
  }
}

function read(json: unknown, where: string, depth: number): FilterNode {
  if (depth === 0) throw invalid(where, `nests more than ${MAX_DEPTH} deep`);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw invalid(where, 'is no object; expected { path, value }, { $eq }, { $and }, { $or } or { $not }');
  }
  const form = json as Record<string, unknown>;
  const names = Object.keys(form);
  const operator = names.find((name) => name.startsWith('$'));
  if (operator === undefined) return readEquality(form, where);
  if (names.length > 1) throw invalid(where, `has ${names.join(' and ')} at one level; expected one operator alone`);
  switch (operator) {
    case '$eq':
      return readEquality(form.$eq, `${where}.$eq`);
    case '$and':
      return { kind: 'and', nodes: readList(form.$and, `${where}.$and`, depth - 1) };
    case '$or':
      return { kind: 'or', nodes: readList(form.$or, `${where}.$or`, depth - 1) };
    case '$not':
      return { kind: 'not', node: read(form.$not, `${where}.$not`, depth - 1) };
    default:
      throw invalid(where, `has the unknown operator ${operator}; expected $eq, $and, $or or $not`);
  }
}

function readList(json: unknown, where: string, depth: number): readonly FilterNode[] {
  if (!Array.isArray(json)) throw invalid(where, 'is no array');
  return Object.freeze(json.map((inner, index) => read(inner, `${where}[${index}]`, depth)));
}

function readEquality(json: unknown, where: string): FilterNode {
  if (typeof json !== 'object' || json === null) throw invalid(where, 'is no { path, value }');
  const unknown = Object.keys(json).find((name) => name !== 'path' && name !== 'value');
  if (unknown !== undefined) throw invalid(where, `has the unknown member ${unknown}; expected path and value`);
  if (!Object.hasOwn(json, 'path') || !Object.hasOwn(json, 'value')) throw invalid(where, 'lacks path or value');
  const { path, value } = json as { path: unknown; value: unknown };
  if (typeof path !== 'string' || path === '') throw invalid(`${where}.path`, 'is no text of 1 character or more');
  const copy = copyJson(value, MAX_DEPTH);
  if (copy === undefined) {
    throw invalid(`${where}.value`, `is nothing that JSON can hold, or nests more than ${MAX_DEPTH} deep`);
  }
  return Object.freeze({ kind: 'eq', path, value: copy });
}

function invalid(where: string, why: string): ConsumerError {
  return new ConsumerError('InvalidFilter', `${where} ${why}`);
}
