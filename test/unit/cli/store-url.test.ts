// Schemes and paths on the command line.
import { describe, expect, test } from 'vitest';
import { SCHEMES, storeOf } from '../../../src/cli/store-url.ts';
import { UsageError } from '../../../src/cli/usage-error.ts';

describe('the URL of a store', () => {
  test.each(['net://secret@host:1', 'net://:secret@host:1', 'net://host:1?psk=secret', 'net://secret'])(
    'G2 %s is refused, and what follows the scheme is not repeated',
    (url) => {
      const error = faultOf(url);
      expect(error.message).toContain('net://HOST:PORT');
      expect(error.message).not.toContain('secret');
    },
  );

  test.each(['ftp://secret@host', 'LOG:./data', 'constructor:x', '__proto__:x'])('%s has an unknown scheme', (url) => {
    expect(faultOf(url).message).toMatch(/is unknown|begins with its scheme/);
    expect(faultOf(url).message).not.toContain('secret');
  });

  test.each(['./data', '/data', 'data', '', 'C:\\data', '~/x'])('%j has no scheme', (url) => {
    expect(faultOf(url).message).toContain('begins with its scheme');
  });

  test('memory: takes nothing more', () => {
    expect(storeOf('memory:', SCHEMES, {}).scheme).toBe('memory');
    expect(faultOf('memory:x').message).toContain('nothing after the colon');
  });
});

function faultOf(url: string): Error {
  try {
    storeOf(url, SCHEMES, {});
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return error as Error;
  }
  throw new Error(`${url} was taken`);
}
