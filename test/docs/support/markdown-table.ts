// Reads the tables of a page in docs/, so that tests can compare them with the code.
import { readFileSync } from 'node:fs';

/** A row, by the name of its column; cells without their backticks stay as written. */
export type Row = Readonly<Record<string, string>> & { readonly section: string };

/** Every row of every table of a page, with the `##` heading that it stands under. */
export function tableRows(path: string): Row[] {
  const rows: Row[] = [];
  let section = '';
  let columns: string[] | undefined;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line.startsWith('## ')) section = line.slice(3).trim();
    if (!line.startsWith('|')) {
      columns = undefined;
      continue;
    }
    const cells = line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
    if (columns === undefined) columns = cells;
    else if (!cells.every((cell) => /^-+$/.test(cell))) rows.push(rowOf(columns, cells, section));
  }
  return rows;
}

function rowOf(columns: string[], cells: string[], section: string): Row {
  if (cells.length !== columns.length)
    throw new Error(`${cells.length} cells under ${columns.length} columns: ${cells}`);
  return { ...Object.fromEntries(columns.map((column, index) => [column, cells[index] as string])), section };
}

/** The text of a cell without backticks. */
export function bare(cell: string | undefined): string {
  return (cell ?? '').replaceAll('`', '');
}

/** A number as the pages write it: `16,384`. */
export function written(value: number): string {
  return value.toLocaleString('en-US');
}
