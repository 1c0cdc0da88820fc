// Makes a test of a filter's tree, once per poll; the hop before is Filter, the hop after the reading of pages.
// Invariant: a record whose payload is not JSON in UTF-8 passes no test, whatever the filter says.
import { payloadText, type TextSource } from '../event/payload-text.ts';
import { glanceOf } from './filter-glance.ts';
import type { FilterNode } from './filter-node.ts';
import { equalJson, type JsonValue } from './json-value.ts';

/** Whether a record matches. */
export type RecordTest = (record: TextSource) => boolean;

type ValueTest = (value: unknown) => boolean;

const INDEX = /^(?:0|[1-9][0-9]*)$/;

/** Compiles a tree: each record is decoded and parsed at most once, whatever the number of conditions. */
export function compile(node: FilterNode): RecordTest {
  const test = valueTest(node);
  const glance = glanceOf(node);
  return (record) => {
    const text = payloadText(record);
    if (text === undefined || glance?.(text) === false) return false;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return false; // Not JSON: matches nothing, by definition.
    }
    return test(value);
  };
}

function valueTest(node: FilterNode): ValueTest {
  switch (node.kind) {
    case 'eq':
      return equality(node.path.split('.'), node.value);
    case 'and': {
      const tests = node.nodes.map(valueTest);
      return (value) => tests.length > 0 && tests.every((test) => test(value));
    }
    case 'or': {
      const tests = node.nodes.map(valueTest);
      return (value) => tests.some((test) => test(value));
    }
    case 'not': {
      const test = valueTest(node.node);
      return (value) => !test(value);
    }
  }
}

function equality(path: readonly string[], expected: JsonValue): ValueTest {
  const indexes = path.map((name) => INDEX.test(name));
  return (value) => {
    let at = value;
    for (let step = 0; step < path.length; step += 1) {
      if (typeof at !== 'object' || at === null) return false;
      if (Array.isArray(at) && indexes[step] === false) return false;
      const name = path[step] as string;
      if (!Object.hasOwn(at, name)) return false;
      at = (at as Record<string, unknown>)[name];
    }
    return equalJson(expected, at);
  };
}
