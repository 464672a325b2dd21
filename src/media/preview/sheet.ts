import { GLYPH_HEIGHT, GLYPH_WIDTH } from '../picture/font.js';
import { Raster } from '../picture/raster.js';

/** A picture with two lines of text above it. */
export interface PreviewTile {
  picture: Raster;
  /** Each pixel of the picture becomes a square of this edge. */
  zoom: number;
  title: string;
  detail: string;
}

export interface PlacedTile {
  /** Of the picture's top left corner on the sheet. */
  x: number;
  y: number;
  width: number;
  height: number;
}

const GAP = 8;
/** Between the lines of a label and its picture. */
const LEADING = 4;
/** Columns from this width on have labels of double size. */
const WIDE = 480;
/** Characters that a column has room for, however narrow its pictures are; titles are cut where their column ends. */
const LEAST_COLUMN = 24 * GLYPH_WIDTH;
const BACKGROUND = [24, 24, 24] as const;
const TITLE = [255, 255, 255] as const;
const DETAIL = [176, 176, 176] as const;

/** Lays out rows of cells, one column for each place in a row, all columns and rows as large as their largest cell. */
export function drawSheet(rows: readonly (readonly PreviewTile[])[]): { sheet: Raster; placed: PlacedTile[][] } {
  const cells = rows.flat();
  const width = Math.max(LEAST_COLUMN, ...cells.map(({ picture, zoom }) => picture.width * zoom));
  const height = Math.max(...cells.map(({ picture, zoom }) => picture.height * zoom));
  const text = width >= WIDE ? 2 : 1;
  const line = GLYPH_HEIGHT * text + LEADING;
  const step = 2 * line + height + GAP;
  const columns = Math.max(...rows.map((row) => row.length));
  const sheet = new Raster(GAP + columns * (width + GAP), GAP + rows.length * step);
  sheet.fill(BACKGROUND);
  const placed = rows.map((row, r) =>
    row.map(({ picture, zoom, title, detail }, c) => {
      const x = GAP + c * (width + GAP);
      const top = GAP + r * step;
      const y = top + 2 * line;
      const room = Math.floor(width / (GLYPH_WIDTH * text));
      sheet.write(fitted(title, room), x, top, TITLE, text);
      sheet.write(fitted(detail, room), x, top + line, DETAIL, text);
      sheet.draw(picture, x, y, zoom);
      return { x, y, width: picture.width * zoom, height: picture.height * zoom };
    }),
  );
  return { sheet, placed };
}

/** Cut to a number of characters; of a path the end says most. */
function fitted(text: string, room: number): string {
  const characters = [...text];
  return characters.length <= room ? text : `...${characters.slice(characters.length - room + 3).join('')}`;
}
