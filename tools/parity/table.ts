/** Prints a table line by line, as its rows become known: some take minutes. */
export class Table {
  readonly #widths: number[];

  /** @param columns name and width of each. */
  constructor(title: string, columns: [name: string, width: number][]) {
    this.#widths = columns.map(([, width]) => width);
    console.log(`\n${title}\n`);
    this.row(...columns.map(([name]) => name));
    this.row(...this.#widths.map((width) => '-'.repeat(width)));
  }

  row(...cells: string[]): void {
    console.log(`| ${cells.map((cell, i) => cell.padEnd(this.#widths[i] ?? 0)).join(' | ')} |`);
  }
}
