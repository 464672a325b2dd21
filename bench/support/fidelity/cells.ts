/** What became of one property of a clip. `LOST` is what nobody was told of. */
export interface Cell {
  state: 'kept' | 'converted' | 'left out' | 'refused' | 'none' | 'LOST';
  /** From what to what, or why. */
  text: string;
}

export const kept = (text = ''): Cell => ({ state: 'kept', text });
export const converted = (text: string): Cell => ({ state: 'converted', text });
export const lost = (text: string): Cell => ({ state: 'LOST', text });
export const none: Cell = { state: 'none', text: '' };

const GRAVITY: Cell['state'][] = ['none', 'kept', 'converted', 'left out', 'refused', 'LOST'];

/** The gravest of several states, with everything that was said of it. */
export function together(cells: readonly Cell[]): Cell {
  const worst = cells.reduce<Cell['state']>(
    (a, { state }) => (GRAVITY.indexOf(state) > GRAVITY.indexOf(a) ? state : a),
    'none',
  );
  const texts = cells
    .filter(({ state, text }) => text !== '' && (state === worst || GRAVITY.indexOf(state) > 1))
    .map(({ text }) => text);
  return { state: worst, text: [...new Set(texts)].join('; ') };
}

/** A loss is one only where no warning tells of it. */
export function unless(warnings: readonly string[], told: RegExp, text: string): Cell {
  const warning = warnings.find((each) => told.test(each));
  return warning === undefined ? lost(text) : { state: 'left out', text: warning };
}
