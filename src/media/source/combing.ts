/**
 * How much lines of moving places stand out from those above and below, in sums of code values, when the two fields of
 * a picture are taken from one frame or from two.
 */
export interface Combing {
  /** Both fields from the later frame. */
  own: number;
  /** Top field from the later frame, bottom field from the one before. */
  topLater: number;
  /** Bottom field from the later frame, top field from the one before. */
  bottomLater: number;
  /** Share of the picture that moved. */
  moving: number;
  /**
   * What is left of the difference in those places when the frame before is moved by one line, up or down. 0: that
   * explains all of it.
   */
  scrolled: number;
}

/** Code values by which a sample differs from the one before where something moved, not only noise. */
const MOVED = 5;

/**
 * Compares two frames that follow each other, as the idet filter does, but only where something moves: fields of one
 * time fit, others comb.
 * @param before,later grey, 8 bit, without padding; at least three lines. Even lines are the top field.
 */
export function combingOf(before: Uint8Array, later: Uint8Array, width: number): Combing {
  const lines = later.length / width;
  const sums = { own: 0, topLater: 0, bottomLater: 0, moving: 0 };
  let [still, up, down] = [0, 0, 0];
  for (let y = 1; y < lines - 1; y++) {
    let lineLater = 0;
    let othersLater = 0;
    for (let i = y * width, end = i + width; i < end; i++) {
      const a = later[i - width] as number,
        b = later[i] as number,
        c = later[i + width] as number;
      const d = before[i - width] as number,
        e = before[i] as number,
        f = before[i + width] as number;
      if (Math.abs(b - e) <= MOVED && Math.abs(a - d) <= MOVED && Math.abs(c - f) <= MOVED) continue;
      sums.moving++;
      sums.own += Math.abs(a - 2 * b + c);
      lineLater += Math.abs(d - 2 * b + f);
      othersLater += Math.abs(a - 2 * e + c);
      still += Math.abs(b - e);
      up += Math.abs(b - f);
      down += Math.abs(b - d);
    }
    const top = y % 2 === 0;
    sums.topLater += top ? lineLater : othersLater;
    sums.bottomLater += top ? othersLater : lineLater;
  }
  return { ...sums, moving: sums.moving / later.length, scrolled: still === 0 ? 1 : Math.min(up, down) / still };
}
