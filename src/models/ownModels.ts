import type { RegisteredModel } from './registry.js';

const OWN = { aliases: [], licence: 'MIT', author: 'Reelscale' };

/** The network of the ESPCN paper (Shi and others, 2016), with weights of our own; see training/README.md. */
const espcn = (scale: number, parameters: number, sha256: string): RegisteredModel => ({
  name: `espcn-x${scale}`,
  ...OWN,
  architecture: 'ESPCN, 3 convolutions, on luma',
  parameters,
  goodFor: `anything, very fast; sharper than bicubic, invents nothing; comes with Reelscale`,
  bytesPerPixel: 1200,
  pixels: 'luma',
  // Convolutions of 5x5, 3x3 and 3x3.
  variants: new Map([[scale, { radius: 4, alignment: 1, shipped: { file: `espcn-x${scale}.onnx`, sha256 } }]]),
});

/** The networks that come with Reelscale. */
export const ownModels: readonly RegisteredModel[] = [];
