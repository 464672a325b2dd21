import type { RegisteredModel } from './registry.js';

const OWN = { aliases: [], licence: 'MIT', author: 'Reelscale' };

/** The network of the ESPCN paper (Shi and others, 2016), with weights of our own; see training/README.md. */
const espcn = (scale: number, parameters: number, sha256: string): RegisteredModel => ({
  name: `espcn-x${scale}`,
  ...OWN,
  architecture: 'ESPCN, 3 convolutions, on luma',
  parameters,
  goodFor: 'clean sources, very fast; sharper than bicubic, invents nothing; comes with Reelscale',
  bytesPerPixel: 1200,
  pixels: 'luma',
  // Convolutions of 5x5, 3x3 and 3x3.
  variants: new Map([[scale, { radius: 4, alignment: 1, shipped: { file: `espcn-x${scale}.onnx`, sha256 } }]]),
});

interface Convolutional {
  kind: string;
  convolutions: number;
  goodFor: string;
}
interface Weights {
  parameters: number;
  bytesPerPixel: number;
  sha256: string;
}

/** Convolutions of 3x3 with ReLU at the small size; they give what is added to the enlarged input. */
const convolutional = (
  { kind, convolutions, goodFor }: Convolutional,
  scale: number,
  { parameters, bytesPerPixel, sha256 }: Weights,
): RegisteredModel => ({
  name: `${kind}-x${scale}`,
  ...OWN,
  architecture: `${convolutions} convolutions of up to 32 channels`,
  parameters,
  goodFor,
  bytesPerPixel,
  variants: new Map([
    [scale, { radius: convolutions, alignment: 1, shipped: { file: `${kind}-x${scale}.onnx`, sha256 } }],
  ]),
});

const COMPACT = {
  kind: 'compact',
  goodFor: 'clean sources, fast; sharper than ESPCN, colours too; invents nothing; comes with Reelscale',
};
const compact = (scale: number, convolutions: number, weights: Weights): RegisteredModel =>
  convolutional({ ...COMPACT, convolutions }, scale, weights);

const RESTORE = {
  kind: 'restore',
  convolutions: 18,
  goodFor: 'damaged sources, fast; removes noise and blocks, near the look of x4plus; comes with Reelscale',
};
const restore = (scale: number, weights: Weights): RegisteredModel => convolutional(RESTORE, scale, weights);

/** Of those that come with Reelscale, the networks for sources that are not damaged. */
export const enlargingModels: readonly RegisteredModel[] = [
  compact(2, 7, {
    parameters: 50_604,
    bytesPerPixel: 1000,
    sha256: 'f401d5e17ce27f764b6af1acee3db085276f88331fa12a0611b88baf16b2fe41',
  }),
  compact(4, 12, {
    parameters: 107_248,
    bytesPerPixel: 2200,
    sha256: '48b720b4a8f000a2038a0b5334f636fde6b2e38e6f5fda341ee853652f5d358c',
  }),
  espcn(2, 21_284, 'de3d3c2ca30c77af01d0a4bf6ac2c8a5a20c7f7b5febff598f1316c16e53e2c3'),
  espcn(3, 22_729, 'fb8297df1a07b179594172fb74f990c5442413afd8daac0d49ff3dab156a10c2'),
  espcn(4, 24_752, 'b408f07c0e32ff6492c81cf470a242289989e913da9243baa6e900fa08697da0'),
];

/** Those that repair what they enlarge: students of realesrgan-x4plus. */
export const restoringModels: readonly RegisteredModel[] = [
  restore(2, {
    parameters: 152_332,
    bytesPerPixel: 1000,
    sha256: '797a9e109cf6d5db5861a152359dc8e9bb60efc3ee17ed0d9c4b38f6c880fd5b',
  }),
  restore(4, {
    parameters: 162_736,
    bytesPerPixel: 2200,
    sha256: '4b83d9d3bf648b31f4d59de6dd9eb0b37a4e998c5523053890267ead35ad196a',
  }),
];

/** The networks that come with Reelscale. */
export const ownModels: readonly RegisteredModel[] = [...enlargingModels, ...restoringModels];
