import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type koffiModule from 'koffi';
import { OrtError, RuntimeUnavailable } from './ortError.js';
import {
  API_FUNCTIONS,
  API_VERSION,
  type Checked,
  type Kind,
  type Later,
  PLAIN_CALLS,
  type Plain,
  type PlainCall,
  type Pointer,
  STATUS_CALLS,
  type StatusCall,
} from './table.js';
import { isTruncated } from './truncated.js';

type Koffi = typeof koffiModule;
type NativeType = ReturnType<Koffi['pointer']>;
type NativeFunction = ((...args: unknown[]) => unknown) & {
  async: (...args: unknown[]) => void;
};

/** ONNX Runtime's C API as functions of JavaScript. */
export interface Library {
  version: string;
  checked: Checked;
  later: Later;
  plain: Plain;
  /** Reads `count` pointers that lie one after another. */
  pointersAt: (place: Pointer, count: number) => Pointer[];
  textsAt: (place: Pointer, count: number) => string[];
  textAt: (place: Pointer) => string;
  /** Memory that somebody else frees. */
  bytesAt: (place: Pointer, length: number) => Uint8Array;
  /** 32 bits. */
  readAt: (place: Pointer, offset: number) => number;
  writeAt: (place: Pointer, offset: number, value: number) => void;
}

const NAMES: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'libonnxruntime.so.1',
  darwin: 'libonnxruntime.1.dylib',
  win32: 'onnxruntime.dll',
};

/** The library that onnxruntime-node ships, and the version that it should have. */
export function shippedLibrary(): { file: string; version: string } {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve('onnxruntime-node/package.json');
  const { version } = require(manifest) as { version: string };
  const name = NAMES[process.platform] ?? 'none';
  const file = path.join(path.dirname(manifest), 'bin/napi-v6', process.platform, process.arch, name);
  return { file, version };
}

/**
 * Loads the library. @throws RuntimeUnavailable when there is none for this system, it is damaged, it has another
 * version, or native functions cannot be called here at all.
 */
export async function loadLibrary({ file, version } = shippedLibrary()): Promise<Library> {
  if (!existsSync(file))
    throw new RuntimeUnavailable(`onnxruntime-node has no library for ${process.platform}-${process.arch}`);
  if (await isTruncated(file)) throw new RuntimeUnavailable("ONNX Runtime's library is truncated: install it anew");
  const koffi = await (calls ??= loadKoffi());
  const base = open(koffi, file);
  const [getApi, getVersion] = koffi.decode(base, 'void *', 2) as [Pointer, Pointer];
  const found = koffi.call(getVersion, koffi.proto('str', [])) as string;
  // Another version would work too, but nobody has tried it.
  if (found !== version) throw new RuntimeUnavailable(`ONNX Runtime's library is ${found}, not ${version}`);
  const api = koffi.call(getApi, koffi.proto('void *', ['uint32']), API_VERSION) as Pointer | null;
  if (api === null) throw new RuntimeUnavailable(`ONNX Runtime ${found} has no C API of version ${API_VERSION}`);
  return bind(koffi, koffi.decode(api, 'void *', API_FUNCTIONS) as Pointer[], found);
}

/**
 * The stack of calls on other threads, on which a part of the network is computed too: as large as Linux gives a
 * process. koffi's own 128 KiB overflow.
 */
const STACK_BYTES = 8 * 2 ** 20;

let calls: Promise<Koffi> | undefined;

async function loadKoffi(): Promise<Koffi> {
  try {
    const { default: koffi } = await import('koffi');
    koffi.config({ async_stack_size: STACK_BYTES });
    return koffi;
  } catch (error) {
    throw new RuntimeUnavailable(`koffi cannot be loaded (${firstLineOf(error)})`);
  }
}

/** koffi unloads a library once its handle is collected, whoever still has functions of it. */
const loaded: unknown[] = [];

function open(koffi: Koffi, file: string): Pointer {
  try {
    const library = koffi.load(file);
    loaded.push(library);
    return library.func('OrtGetApiBase', 'void *', [])() as Pointer;
  } catch (error) {
    throw new RuntimeUnavailable(`ONNX Runtime's library cannot be loaded (${firstLineOf(error)})`);
  }
}

const firstLineOf = (error: unknown): string => (error as Error).message.split('\n')[0] ?? '';

/** Arguments of calls that are under way on other threads: koffi itself keeps no reference to them. */
const inUse = new Set<unknown[]>();

function bind(koffi: Koffi, functions: Pointer[], version: string): Library {
  const types = typesOf(koffi);
  const prototype = (result: NativeType | string, taken: readonly Kind[], given: readonly Kind[]) =>
    koffi.proto(result, [
      ...taken.map((kind) => types[kind]),
      ...given.map((kind) => koffi.out(koffi.pointer(types[kind]))),
    ]);
  const native = (place: number, ...signature: Parameters<typeof prototype>): NativeFunction =>
    koffi.decode(functions[place], prototype(...signature)) as NativeFunction;

  const plain = mapped(PLAIN_CALLS, ([place, taken, given, result]) => {
    const call = native(place, result ? types[result] : 'void', taken, given);
    return (...args: unknown[]) => {
      const places = given.map(() => [null]);
      const returned = call(...args, ...places);
      return result ? valueOf(result, returned) : resultOf(given, places);
    };
  }) as unknown as Plain;

  const check = (name: PlainCall | StatusCall, status: Pointer | null): void => {
    if (status === null) return;
    const error = new OrtError(name, plain.GetErrorCode(status), plain.GetErrorMessage(status));
    plain.ReleaseStatus(status);
    throw error;
  };
  const statusCalls = mapped(STATUS_CALLS, ([place, taken, given]) => ({
    call: native(place, 'void *', taken, given),
    given: given as readonly Kind[],
  }));
  const checked = mapped(statusCalls, ({ call, given }, name) => (...args: unknown[]) => {
    const places = given.map(() => [null]);
    check(name, call(...args, ...places) as Pointer | null);
    return resultOf(given, places);
  }) as unknown as Checked;
  const later = mapped(statusCalls, ({ call, given }, name) => async (...args: unknown[]) => {
    const places = given.map(() => [null]);
    inUse.add(args);
    try {
      const status = await new Promise<Pointer | null>((resolve, reject) => {
        call.async(...args, ...places, (error: Error | null, result: Pointer | null) => {
          if (error) reject(error);
          else resolve(result);
        });
      });
      check(name, status);
      return resultOf(given, places);
    } finally {
      inUse.delete(args);
    }
  }) as unknown as Later;

  return {
    version,
    checked,
    later,
    plain,
    // Of none there may be no place.
    pointersAt: (place, count) => (count === 0 ? [] : (koffi.decode(place, 'void *', count) as Pointer[])),
    textsAt: (place, count) => koffi.decode(place, 'str', count) as string[],
    textAt: (place) => koffi.decode.string(place),
    bytesAt: (place, length) => new Uint8Array(koffi.view(place, length)),
    readAt: (place, offset) => koffi.decode(place, offset, 'uint32') as number,
    writeAt: (place, offset, value) => {
      koffi.encode(place, offset, 'uint32', value);
    },
  };
}

const typesOf = (koffi: Koffi): Record<Kind, NativeType> => {
  const type = (name: string): NativeType => koffi.type(name);
  return {
    pointer: koffi.pointer('void'),
    text: type('str'),
    int: type('int32'),
    size: type('size_t'),
    long: type('int64'),
    buffer: koffi.pointer('void'),
    pointers: koffi.pointer(koffi.pointer('void')),
    texts: koffi.pointer(type('str')),
    longs: koffi.pointer(type('int64')),
  };
};

function resultOf(given: readonly Kind[], places: unknown[][]): unknown {
  const values = given.map((kind, i) => valueOf(kind, places[i]?.[0]));
  return values.length > 1 ? values : values[0];
}

/** Large numbers come as bigint; sizes are none. */
const valueOf = (kind: Kind, value: unknown): unknown => (kind === 'size' ? Number(value) : value);

function mapped<T extends object, R>(table: T, make: (entry: T[keyof T], name: keyof T) => R): { [N in keyof T]: R } {
  return Object.fromEntries(
    Object.entries(table).map(([name, entry]) => [name, make(entry as T[keyof T], name as keyof T)]),
  ) as { [N in keyof T]: R };
}
