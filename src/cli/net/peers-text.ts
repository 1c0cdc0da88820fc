// The figures of a member as a table. Invariant: they come from another machine: every value is checked and printed
// without control characters, and one that is missing is left out.
import { grouped, printable, sized } from '../text.ts';

type Figures = Readonly<Record<string, unknown>>;

/** What a person sees. */
export function peersText(url: string, figures: Figures): string {
  const links = listOf(figures.links);
  const dials = listOf(figures.dials).filter((dial) => dial.linked !== true);
  return [
    url,
    `node       ${textOf(figures.nodeId)}`,
    `listening  ${textsOf(figures.listening).join(', ') || 'nowhere'}`,
    `links      ${grouped(links.length)}`,
    `ended      ${countsText(figures.ended)}`,
    `refused    ${countsText(figures.refused)}`,
    ...table(
      ['peer', 'address', 'dialled', 'up', 'rtt', 'in', 'out', 'waiting', 'lag'],
      links.map((link) => [
        textOf(link.nodeId),
        textOf(link.address),
        link.dialled === true ? 'yes' : 'no',
        msText(link.upForMs),
        msText(link.rttMs),
        bytesText(link.bytesIn),
        bytesText(link.bytesOut),
        bytesText(link.bytesWaiting),
        typeof link.lagEvents === 'number' ? grouped(link.lagEvents) : '',
      ]),
    ),
    ...table(
      ['not linked', 'attempts', 'why'],
      dials.map((dial) => [textOf(dial.address), String(Number(dial.attempts)), textOf(dial.lastError)]),
    ),
  ].join('\n');
}

/** Objects of a list that came from elsewhere. */
export function listOf(value: unknown): readonly Figures[] {
  if (!Array.isArray(value)) return [];
  return value.filter((each): each is Figures => typeof each === 'object' && each !== null);
}

/** A text that came from elsewhere. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? printable(value, 300) : '';
}

/** Counts by name, as one line. */
export function countsText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '0';
  const entries = Object.entries(value).filter(([, count]) => typeof count === 'number' && count > 0);
  return entries.map(([name, count]) => `${printable(name, 40)} ${grouped(count as number)}`).join(', ') || '0';
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(textOf) : [];
}

function msText(value: unknown): string {
  if (typeof value !== 'number') return '';
  return value < 1000 ? `${value.toFixed(value < 10 ? 1 : 0)} ms` : `${grouped(Math.round(value / 1000))} s`;
}

function bytesText(value: unknown): string {
  return typeof value === 'number' ? sized(value) : '';
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return [];
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const used = head.map((_, column) => column < 2 || rows.some((row) => row[column] !== ''));
  const line = (row: readonly string[]): string =>
    row
      .flatMap((cell, column) => (used[column] ? [cell.padEnd(widths[column] ?? 0)] : []))
      .join('  ')
      .trimEnd();
  return ['', ...all.map(line)];
}
