/** In dB, by test set and scale: of luma, as papers published it. */
const PUBLISHED: Record<string, Record<string, number>> = {
  Bicubic: {
    'Set5 x2': 33.66,
    'Set5 x3': 30.39,
    'Set5 x4': 28.42,
    'Set14 x2': 30.24,
    'Set14 x3': 27.55,
    'Set14 x4': 26.0,
  },
  SRCNN: {
    'Set5 x2': 36.66,
    'Set5 x3': 32.75,
    'Set5 x4': 30.48,
    'Set14 x2': 32.45,
    'Set14 x3': 29.3,
    'Set14 x4': 27.5,
  },
  FSRCNN: {
    'Set5 x2': 37.05,
    'Set5 x3': 33.18,
    'Set5 x4': 30.72,
    'Set14 x2': 32.66,
    'Set14 x3': 29.37,
    'Set14 x4': 27.61,
  },
  'ESPCN, 91 images': { 'Set5 x3': 32.55, 'Set14 x3': 29.08 },
  'ESPCN, ImageNet': { 'Set5 x3': 33.13, 'Set5 x4': 30.9, 'Set14 x3': 29.49, 'Set14 x4': 27.73 },
};

/** The figures of one set and scale, by who published them. */
export const published = (set: string): [who: string, decibels: number][] =>
  Object.entries(PUBLISHED).flatMap(([who, figures]) => (figures[set] === undefined ? [] : [[who, figures[set]]]));

export const publishedBicubic = (set: string): number =>
  (PUBLISHED['Bicubic'] as Record<string, number>)[set] as number;
