import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { digestOf } from '../lib/digest.js';
import { UserError } from '../lib/errors.js';
import { quote } from '../lib/quote.js';
import { ignoreUnreachable } from '../lib/systemErrors.js';
import { convertNcnn } from './ncnn/convert.js';
import { convertTorch } from './torch/convert.js';

/** The largest message that ONNX allows; the largest networks of the other formats are far smaller. */
const MOST_BYTES = 2 ** 31 - 1;
/** A .param is text: a line for each layer. */
const MOST_PARAM_BYTES = 16e6;

export interface ImportedNetwork {
  onnx: Uint8Array;
  /** Where the file says it. */
  architecture?: string;
  /** SHA-256 of the file with the weights. */
  sha256: string;
}

/**
 * Reads a network from a .onnx, .pth, .pt, .safetensors or .param file (ncnn, with its .bin beside it).
 * @throws UserError with one line for another file, a broken one, and one that cannot be converted.
 */
export async function readNetwork(file: string): Promise<ImportedNetwork> {
  const name = path.basename(file);
  const extension = path.extname(file).toLowerCase();
  switch (extension) {
    case '.onnx': {
      const onnx = await read(file);
      return { onnx, sha256: digestOf(onnx) };
    }
    case '.pth':
    case '.pt':
    case '.safetensors': {
      const bytes = await read(file);
      const { onnx, architecture } = await convertTorch(bytes, name);
      return { onnx, architecture, sha256: digestOf(bytes) };
    }
    case '.param': {
      const param = new TextDecoder().decode(await read(file, MOST_PARAM_BYTES));
      const bin = await read(await binOf(file));
      return { onnx: convert(param, bin, name), sha256: digestOf(bin) };
    }
    case '.bin':
      throw new UserError(`${quote(name)} holds weights only: give the .param file beside it`);
    default:
      throw new UserError(
        `${quote(name)} is no file of a model: ` +
          '.onnx, .pth, .pt, .safetensors and .param (ncnn, with its .bin beside it) can be imported',
      );
  }
}

async function read(file: string, most = MOST_BYTES): Promise<Uint8Array> {
  const found = await stat(file).catch(ignoreUnreachable);
  if (!found?.isFile()) throw new UserError(`${quote(path.basename(file))} is no model: there is no such file`);
  if (found.size > most) throw new UserError(`${quote(path.basename(file))} is too large to be a model`);
  return readFile(file);
}

/** The weights of a .param: the same name, in whatever case the ending is written. */
async function binOf(param: string): Promise<string> {
  const wanted = `${path.basename(param).slice(0, -'.param'.length)}.bin`;
  const folder = path.dirname(param);
  const name = (await readdir(folder)).find((other) => other.toLowerCase() === wanted.toLowerCase());
  if (name === undefined)
    throw new UserError(`${quote(path.basename(param))} lacks its weights: ${quote(wanted)} must lie beside it`);
  return path.join(folder, name);
}

function convert(param: string, bin: Uint8Array, name: string): Uint8Array {
  try {
    return convertNcnn(param, bin);
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${quote(name)} cannot be converted: ${error.message}`);
    throw error;
  }
}
