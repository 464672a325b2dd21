import { UserError } from '../../lib/errors.js';
import { quote } from '../../lib/quote.js';

/**
 * One line of an ncnn `.param` file: what the layer is, the blobs that it reads and makes, and its numbered
 * parameters.
 */
export interface Layer {
  type: string;
  name: string;
  bottoms: string[];
  tops: string[];
  params: ReadonlyMap<number, number | number[]>;
}

const MAGIC = '7767517';
/** Keys at or below this hold arrays: `-23310=2,0.1,0.2` is parameter 10. */
const ARRAY_BASE = -23300;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Reads ncnn's text format and checks that the layers form a graph in order: every blob is made once, before it is
 * read.
 * @throws UserError with one line that names what is wrong.
 */
export function parseParam(text: string): Layer[] {
  const [magic, counts, ...lines] = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (magic !== MAGIC) throw new UserError('not an ncnn .param file: it does not begin with 7767517');
  const [layerCount, blobCount] = (counts ?? '').split(/\s+/);
  if (layerCount !== String(lines.length)) {
    throw new UserError(
      `the .param file promises ${quote(layerCount)} layers and holds ${lines.length}: it is truncated or not whole`,
    );
  }
  const layers = lines.map(parseLayer);
  const blobs = checkOrder(layers);
  if (blobCount !== String(blobs))
    throw new UserError(`the .param file promises ${quote(blobCount)} blobs and makes ${blobs}`);
  return layers;
}

function parseLayer(line: string): Layer {
  const [type = '', name = '', bottomCount, topCount, ...rest] = line.split(/\s+/);
  const bottoms = Number(bottomCount);
  const tops = Number(topCount);
  if (!isCount(bottoms) || !isCount(tops) || bottoms + tops > rest.length) {
    throw new UserError(`layer ${quote(`${type} ${name}`)} does not list the blobs that it promises`);
  }
  return {
    type,
    name,
    bottoms: rest.slice(0, bottoms),
    tops: rest.slice(bottoms, bottoms + tops),
    params: new Map(rest.slice(bottoms + tops).map((pair) => parsePair(pair, `${type} ${name}`))),
  };
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

function parsePair(pair: string, layer: string): [number, number | number[]] {
  const [key = '', text = '', ...more] = pair.split('=');
  const id = Number(key);
  const values = text.split(',');
  if (more.length > 0 || !/^-?\d{1,5}$/.test(key) || !values.every((value) => NUMBER.test(value))) {
    throw new UserError(`layer ${quote(layer)} has the parameter ${quote(pair)}, which is not number=value`);
  }
  const [first = 0, ...elements] = values.map(Number);
  if (id > ARRAY_BASE && values.length === 1) return [id, first];
  if (id <= ARRAY_BASE && first === elements.length) return [ARRAY_BASE - id, elements];
  throw new UserError(`layer ${quote(layer)} has the parameter ${quote(pair)}, whose length is wrong`);
}

function checkOrder(layers: Layer[]): number {
  const made = new Set<string>();
  for (const layer of layers) {
    const missing = layer.bottoms.find((blob) => !made.has(blob));
    if (missing !== undefined)
      throw new UserError(`layer ${quote(layer.name)} reads blob ${quote(missing)}, which no layer before it makes`);
    for (const blob of layer.tops) {
      if (made.has(blob)) throw new UserError(`layer ${quote(layer.name)} makes blob ${quote(blob)} a second time`);
      made.add(blob);
    }
  }
  return made.size;
}
