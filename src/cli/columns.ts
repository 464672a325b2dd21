import truncatedWidth from 'fast-string-truncated-width';

/** Columns that a terminal takes for a text: Chinese characters take two. */
const widthOf = (text: string): number => truncatedWidth(text).width;

/** What of a text fits into so many columns of a terminal. */
export const fitted = (text: string, limit: number): string => text.slice(0, truncatedWidth(text, { limit }).index);

/** Lines of a table. @param toRight indices of the columns whose cells end at the same place, as numbers do. */
export function columns(rows: readonly string[][], toRight: readonly number[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => widthOf(row[i] ?? ''))));
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const space = ' '.repeat((widths[i] ?? 0) - widthOf(cell));
        return toRight.includes(i) ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
}
