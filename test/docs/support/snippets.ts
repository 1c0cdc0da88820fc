// Code blocks in docstrings and pages, as functions that can be run. Invariant: a snippet sees what a reader would take
// for granted (a bus with some events, `handle`, `signal` and so on), and shadows it where it declares its own.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

export interface Snippet {
  /** File and line, for the test's name. */
  readonly where: string;
  readonly code: string;
}

/** The @example blocks of all sources. */
export function docstringSnippets(): Snippet[] {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.flatMap((file) => {
    const text = readFileSync(join('src', file), 'utf8');
    return blocks(text, /@example\n \* ```ts\n([\s\S]*?) \* ```/g).map(({ line, code }) => ({
      where: `src/${file}:${line}`,
      code: code.replace(/^ \* ?/gm, ''),
    }));
  });
}

/** The TypeScript blocks of a page. */
export function pageSnippets(page: string): Snippet[] {
  const found = blocks(readFileSync(page, 'utf8'), /```ts\n([\s\S]*?)```/g);
  return found.map(({ line, code }) => ({ where: `${page}:${line}`, code }));
}

function blocks(text: string, pattern: RegExp): { line: number; code: string }[] {
  return [...text.matchAll(pattern)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length,
    code: match[1] as string,
  }));
}

/** Runs a snippet with names in scope; its imports are taken from there, too. */
export async function runSnippet({ code }: Snippet, scope: Readonly<Record<string, unknown>>): Promise<void> {
  const body = code.replace(/^import .*$/gm, '');
  const { outputText } = ts.transpileModule(`async () => {${body}}`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const names = Object.keys(scope);
  const make = new Function(...names, `return ${outputText}`) as (...values: unknown[]) => () => Promise<void>;
  await make(...names.map((name) => scope[name]))();
}
