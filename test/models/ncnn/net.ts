/** Writes ncnn files for tests: the lines of a `.param` file, and a `.bin` file from lists of numbers. */

export function paramText(lines: string[]): string {
  const blobs = lines.reduce((sum, line) => sum + Number(line.split(/\s+/)[3]), 0);
  return `7767517\n${lines.length} ${blobs}\n${lines.join('\n')}\n`;
}

/** `half` numbers must be multiples of 1/64 below 8: such are exact in float16. */
export type Chunk = { half: number[] } | { raw: number[] } | { bare: number[] };

export function binBytes(chunks: Chunk[]): Uint8Array {
  const words = chunks.flatMap((chunk) => {
    if ('bare' in chunk) return chunk.bare.map(floatBits);
    if ('raw' in chunk) return [0, ...chunk.raw.map(floatBits)];
    const halves = chunk.half.map(halfBits);
    if (halves.length % 2) halves.push(0);
    return [
      0x01306b47,
      ...halves.flatMap((low, i) => (i % 2 ? [] : [(((halves[i + 1] as number) << 16) | low) >>> 0])),
    ];
  });
  const view = new DataView(new ArrayBuffer(words.length * 4));
  words.forEach((word, i) => {
    view.setUint32(i * 4, word, true);
  });
  return new Uint8Array(view.buffer);
}

function floatBits(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getUint32(0);
}

/** The upper bits of a float32, with the exponent's bias changed. */
function halfBits(value: number): number {
  if (value === 0) return 0;
  const bits = floatBits(value);
  return ((bits >>> 16) & 0x8000) | ((((bits >>> 23) & 0xff) - 112) << 10) | ((bits >>> 13) & 0x3ff);
}

/** Multiples of 1/64 between -0.5 and 0.5 that look random. */
export const numbers = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => ((((i + seed) * 7919 + seed * 104_729) % 65) - 32) / 64);

/** Every supported way of SRVGGNetCompact: storage in both widths, an odd count, all resizes, a split, an addition. */
export function compactNet(): { param: string; bin: Uint8Array } {
  return {
    param: paramText([
      'Input            in       0 1 data',
      'Split            split    1 2 data a b',
      'Convolution      conv0    1 1 b c 0=5 1=3 4=1 5=1 6=135',
      'PReLU            act0     1 1 c d 0=5',
      'Convolution      conv1    1 1 d e 0=12 1=3 4=1 5=1 6=540 9=2 -23310=1,2.000000e-01',
      'PixelShuffle     shuffle  1 1 e f 0=2',
      'Interp           base     1 1 a g 0=1 1=2.000000e+00 2=2.000000e+00',
      'BinaryOp         add      2 1 f g h',
      'Interp           up       1 1 h i 0=2 1=2.0 2=2.0',
      'Interp           down     1 1 i out 0=3 1=7.500000e-01 2=0.75',
    ]),
    bin: binBytes([
      { half: numbers(135, 1) },
      { bare: numbers(5, 2) },
      { bare: numbers(5, 3) },
      { raw: numbers(540, 4) },
      { bare: numbers(12, 5) },
    ]),
  };
}

/** What RRDBNet adds: concatenation, weighted sums; and the other operators. */
export function denseNet(): { param: string; bin: Uint8Array } {
  return {
    param: paramText([
      'Input            in       0 1 data',
      'Split            s0       1 3 data a b c',
      'Convolution      conv0    1 1 a d 0=2 1=1 6=6 9=1',
      'Split            s1       1 2 d d1 d2',
      'Concat           cat      3 1 b d1 d2 e',
      'Convolution      conv1    1 1 e f 0=3 1=3 4=1 5=1 6=189',
      'Eltwise          sum      2 1 f c g 0=1 -23301=2,2.000000e-01,1.000000e+00',
      'Split            s2       1 2 g h i',
      'BinaryOp         rsub     1 1 h j 0=7 1=1 2=1.5',
      'BinaryOp         max      2 1 i j k 0=4',
      'BinaryOp         mul      1 1 k out 0=2 1=1 2=0.5',
    ]),
    bin: binBytes([{ half: numbers(6, 6) }, { raw: numbers(189, 7) }, { bare: numbers(3, 8) }]),
  };
}
