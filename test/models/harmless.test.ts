import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSignature } from '../../src/models/graphSignature.js';
import { inspectModel } from '../../src/models/inspect.js';
import { floats, integers, model, node, value } from '../../src/models/onnx/build.js';
import { encodeModel, FLOAT, type Node } from '../../src/models/onnx/schema.js';
import { scratchFolder } from '../support/media.js';

const folder = scratchFolder();

/** An enlargement by two, to which constants are added. */
const network = (...nodes: Node[]): Uint8Array =>
  encodeModel(
    model({
      name: 'described',
      node: [
        ...nodes,
        node('Resize', [nodes.length > 0 ? 'sum' : 'input', '', 'scales'], ['output'], { mode: 'nearest' }),
      ],
      initializer: [
        floats('scales', [4], [1, 1, 2, 2]),
        integers('shape', [2], [20_000, 20_000]),
        integers('half', [1], [20_000]),
        floats('one', [1, 1], [1]),
      ],
      input: [value('input', FLOAT, [1, 3, 'h', 'w'])],
      output: [value('output', FLOAT, [1, 3, 'H', 'W'])],
    }),
  );

/** A field with a length, by hand: this project's own schema names only what networks need. */
const field = (number: number, ...contents: Uint8Array[]): Uint8Array => {
  const content = Buffer.concat(contents);
  const tag = number * 8 + 2;
  return Buffer.concat([
    Buffer.from(tag < 128 ? [tag] : [(tag & 127) | 128, tag >> 7]),
    Buffer.from([content.length]),
    content,
  ]);
};
const elsewhere = Uint8Array.of(14 * 8, 1);
const NOTHING = new Uint8Array();

describe('a network is not opened that reads another file through', () => {
  const attribute = (...contents: Uint8Array[]): Uint8Array => field(1, field(5, ...contents));
  const graph = (...contents: Uint8Array[]): Uint8Array => field(7, ...contents);
  it.each<[string, Uint8Array]>([
    ['a constant', graph(attribute(field(5, elsewhere)))],
    ['one of several constants', graph(attribute(field(10, elsewhere)))],
    ['an initializer', graph(field(5, elsewhere), field(1, NOTHING))],
    ['a branch', graph(attribute(field(6, field(5, elsewhere))))],
    ['a body in a body', graph(attribute(field(11, attribute(field(6, field(5, elsewhere))))))],
    ['a function', field(25, field(7, field(5, field(5, elsewhere))))],
    ['what a function takes', field(25, field(11, field(5, elsewhere)))],
    ['training', field(20, field(1, field(5, elsewhere)))],
    ['a constant that is named again', graph(attribute(field(5, elsewhere), field(5, NOTHING)))],
    [
      'a place that is written in more bits',
      graph(field(1, NOTHING), field(5, Uint8Array.of(14 * 8, 0x81, 0x80, 0x80, 0x80, 0x10))),
    ],
  ])('%s', (_, more) => {
    expect(() => readSignature(Buffer.concat([network(), more]))).toThrow('keeps its weights in another file');
  });

  it.each<[string, Uint8Array]>([
    ['a sparse constant', graph(attribute(field(22, field(1, elsewhere))))],
    ['sparse constants', graph(attribute(field(23, field(2, elsewhere))))],
    ['sparse weights', graph(field(1, NOTHING), field(15, field(1, elsewhere)))],
  ])('%s', (_, more) => {
    expect(() => readSignature(Buffer.concat([network(), more]))).toThrow('sparse weights');
  });

  it("an operator that is one device's own program", () => {
    expect(() => readSignature(network(node('EPContext', ['input'], ['sum'])))).toThrow('compiled for one device');
  });
});

it('messages in each other without end are no network', () => {
  let deep: Uint8Array = field(1, NOTHING);
  for (let i = 0; i < 30; i++) deep = field(1, field(5, field(6, deep)));
  expect(() => readSignature(Buffer.concat([network(), field(7, deep)]))).toThrow('is not an ONNX file');
});

describe('a network is refused that fills the memory', () => {
  const added = (made: Node): Uint8Array =>
    network(
      made,
      node('ReduceMax', ['made'], ['largest'], { keepdims: 0 }),
      node('Add', ['input', 'largest'], ['sum']),
    );
  it.each([
    ['ConstantOfShape', added(node('ConstantOfShape', ['shape'], ['made']))],
    ['Expand', added(node('Expand', ['one', 'shape'], ['made']))],
    ['Tile', added(node('Tile', ['one', 'shape'], ['made']))],
    ['RandomNormal', added(node('RandomNormal', [], ['made'], { shape: [20_000, 20_000] }))],
  ])('with %s', (operator, bytes) => {
    expect(() => readSignature(bytes)).toThrow(`makes a constant of 400000000 numbers (${operator})`);
  });

  it('in a way that only opening it shows', async () => {
    const file = path.join(folder, 'folded.onnx');
    await writeFile(
      file,
      network(
        node('Concat', ['half', 'half'], ['computed'], { axis: 0 }),
        node('ConstantOfShape', ['computed'], ['made']),
        node('ReduceMax', ['made'], ['largest'], { keepdims: 0 }),
        node('Add', ['input', 'largest'], ['sum']),
      ),
    );
    await expect(inspectModel(file)).rejects.toThrow(
      /takes \d+ MB of memory for \d+ pixels|fails on a picture of .*(alloc|memory)/,
    );
  });
});
