import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readSignature } from '../../src/models/graphSignature.js';
import { countParameters } from '../../src/models/onnx/parameters.js';
import { receptiveRadius } from '../../src/models/receptive.js';
import { UnsupportedModel } from '../../src/models/unsupported.js';
import { scratchFolder } from '../support/media.js';
import { tinyModel } from '../support/models.js';
import { Mutator } from './mutate.js';

const FILES = 2000;

it(`of ${FILES} changed ONNX files each is described or refused with one line`, async () => {
  const bytes = Uint8Array.from(readFileSync(await tinyModel(path.join(scratchFolder(), 'net.onnx'))));
  const mutator = new Mutator(3);
  let described = 0;
  for (let i = 0; i < FILES; i++) {
    try {
      const { model, input, output } = readSignature(mutator.bytes(bytes));
      expect(countParameters(model.graph)).toBeGreaterThanOrEqual(0);
      expect(receptiveRadius(model.graph, input, output) ?? 0).toBeGreaterThanOrEqual(0);
      described++;
    } catch (error) {
      expect(error).toBeInstanceOf(UnsupportedModel);
      expect((error as Error).message).not.toContain('\n');
    }
  }
  expect(described).toBeGreaterThan(FILES / 20);
  expect(described).toBeLessThan(FILES);
});
