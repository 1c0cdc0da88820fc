// Anything that was thrown, as one or a few lines for a person: what happened, and the causes below it.
import { printable } from './text.ts';

const DEEPEST = 4;

export function failureText(error: unknown): string {
  const lines: string[] = [];
  let at = error;
  for (let depth = 0; depth < DEEPEST && at !== undefined && at !== null; depth += 1) {
    const message = at instanceof Error ? at.message : String(at);
    const said = lines.some((line) => line.includes(message));
    if (!said) lines.push(message);
    at = at instanceof Error ? at.cause : undefined;
  }
  return lines
    .flatMap((line) => line.split('\n'))
    .map((line) => printable(line, 1000))
    .join('\n  ');
}
