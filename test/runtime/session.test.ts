import { once } from 'node:events';
import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { execa } from 'execa';
import { Tensor as BindingTensor, InferenceSession } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { projectRoot } from '../../src/lib/project.js';
import { wrapForFrames } from '../../src/models/graph.js';
import { openBinding, sizesByBinding } from '../../src/runtime/binding.js';
import { loadLibrary, shippedLibrary } from '../../src/runtime/library.js';
import { OrtError, RuntimeUnavailable } from '../../src/runtime/ortError.js';
import { openRuntime } from '../../src/runtime/runtime.js';
import { NativeSession, type Tensors } from '../../src/runtime/session.js';
import { scratchFolder } from '../support/media.js';
import { tinyModel } from '../support/models.js';

const folder = scratchFolder();
const [W, H] = [40, 30];
const cpu = { kind: 'cpu', id: 0 } as const;
const runtime = await openRuntime();

const moduleUrl = (name: string): string =>
  JSON.stringify(pathToFileURL(path.join(projectRoot, `dist/src/runtime/${name}.js`)).href);

/** A network between frames of W x H, and buffers for it. */
async function framed(work = 2, width = W, height = H) {
  const file = await tinyModel(path.join(folder, `framed${work}.onnx`), { work, output: 'filtered' });
  const bytes = wrapForFrames(readFileSync(file), {
    pixels: 'rgb',
    bitDepth: 8,
    precision: 'fp32',
    blend: 0,
    scale: 2,
  });
  const frame = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 151 + (i >> 4)) % 256);
  const [upscaled, nan] = [new Uint8Array(12 * width * height), new Uint8Array(1)];
  const inputs: Tensors = { frame: { type: 'uint8', dims: [1, 3, height, width], data: frame } };
  const outputs: Tensors = {
    upscaled: { type: 'uint8', dims: [1, 3, 2 * height, 2 * width], data: upscaled },
    nan: { type: 'uint8', dims: [], data: nan },
  };
  return { bytes, frame, upscaled, nan, inputs, outputs };
}

it('a network gives the same bytes as through the binding of onnxruntime-node', async () => {
  const { bytes, frame, upscaled, nan, inputs, outputs } = await framed();
  const session = await NativeSession.create(runtime, bytes);
  nan[0] = 77;
  await session.run(inputs, outputs);
  await session.release();

  const binding = await InferenceSession.create(bytes, { logSeverityLevel: 4 });
  const expected = await binding.run({ frame: new BindingTensor('uint8', frame, [1, 3, H, W]) });
  await binding.release();
  expect(Buffer.compare(upscaled, expected['upscaled']?.data as Uint8Array)).toBe(0);
  expect(nan[0]).toBe(0);
});

it('a session tells what it takes and gives', async () => {
  const session = await NativeSession.create(runtime, (await framed()).bytes);
  expect(session.inputs).toEqual([{ name: 'frame', type: 'uint8', dims: [1, 3, undefined, undefined] }]);
  expect(session.outputs).toEqual([
    { name: 'upscaled', type: 'uint8', dims: [1, 3, undefined, undefined] },
    { name: 'nan', type: 'uint8', dims: [] },
  ]);
  await session.release();
});

it('of what sizes the results are is told, as by the binding, without room for them', async () => {
  const { bytes, inputs } = await framed();
  const [session, binding] = [await NativeSession.create(runtime, bytes), await openBinding(bytes, cpu)];
  for (const [output, dims] of [
    ['upscaled', [1, 3, 2 * H, 2 * W]],
    ['nan', []],
  ] as const) {
    expect(await session.sizesOf(output, inputs)).toEqual(dims);
    expect(await sizesByBinding(binding, output, inputs)).toEqual(dims);
  }
  await expect(session.sizesOf('upscaled', {})).rejects.toThrow(OrtError);
  await expect(session.sizesOf('nothing', inputs)).rejects.toThrow(OrtError);
  await session.release();
  await binding.release();
});

it('a file that is no network is an error with its call, code and text', async () => {
  const error: unknown = await NativeSession.create(runtime, Buffer.from('no network')).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(OrtError);
  expect(error).toMatchObject({ call: 'CreateSessionFromArray', code: 'INVALID_PROTOBUF' });
  expect((error as Error).message).toContain('protobuf parsing failed');
});

it('a session option that there is not is an error', async () => {
  const { bytes } = await framed();
  await expect(NativeSession.create(runtime, bytes, { config: { '': 'x' } })).rejects.toMatchObject({
    call: 'AddSessionConfigEntry',
  });
});

it('pictures of the wrong shape are refused, and the session goes on', async () => {
  const { bytes, inputs, outputs } = await framed();
  const session = await NativeSession.create(runtime, bytes);
  const flat = { frame: { type: 'uint8', dims: [3, H, W], data: new Uint8Array(3 * W * H) } } as const;
  await expect(session.run(flat, outputs)).rejects.toMatchObject({ call: 'RunWithBinding', code: 'INVALID_ARGUMENT' });
  const small = { upscaled: { type: 'uint8', dims: [1, 3, H, W], data: new Uint8Array(3 * W * H) } } as const;
  await expect(session.run(inputs, small)).rejects.toThrow(/shape/i);
  await expect(session.run({}, outputs)).rejects.toThrow(OrtError);
  await session.run(inputs, outputs);
  await session.release();
});

it('a buffer that is smaller than its picture, or that was given away, never reaches native code', async () => {
  const { bytes, inputs, outputs, frame } = await framed();
  const session = await NativeSession.create(runtime, bytes);
  const short = { frame: { type: 'uint8', dims: [1, 3, H, W], data: frame.subarray(1) } } as const;
  await expect(session.run(short, outputs)).rejects.toThrow(RangeError);
  structuredClone(frame, { transfer: [frame.buffer] });
  await expect(session.run(inputs, outputs)).rejects.toThrow('has 3600 bytes, not 0');
  await session.release();
});

it.each([undefined, { name: 'Cpu', id: 0 } as const])(
  'a thousand runs take no more memory, by %o',
  async (staging) => {
    const { bytes, inputs, outputs } = await framed(1, 200, 160);
    const session = await NativeSession.create(runtime, bytes, { ...(staging && { staging }) });
    const run = async (count: number): Promise<number> => {
      for (let n = 0; n < count; n++) await session.run(inputs, outputs);
      return process.memoryUsage().rss;
    };
    const before = await run(200);
    const after = await run(1000);
    // Buffers that stayed for each run would take 480 MB.
    expect(after - before).toBeLessThan(48e6);
    await session.release();
  },
);

it('through memory of the provider the bytes are the same, also of runs that overlap and of other sizes', async () => {
  const { bytes, inputs, outputs, upscaled } = await framed();
  const own = await NativeSession.create(runtime, bytes);
  await own.run(inputs, outputs);
  await own.release();
  const staged = await NativeSession.create(runtime, bytes, { staging: { name: 'Cpu', id: 0 } });
  const sizes = [
    [W, H],
    [2 * W, H],
    [W, H],
  ] as const;
  const others = await Promise.all(sizes.map(([width, height]) => framed(2, width, height)));
  for (let n = 0; n < 2; n++) {
    await Promise.all(others.map((other) => staged.run(other.inputs, other.outputs)));
    for (const i of [0, 2]) expect(Buffer.compare(others[i]?.upscaled ?? Buffer.of(), upscaled)).toBe(0);
    expect(others[1]?.upscaled.some((sample) => sample > 0)).toBe(true);
    for (const other of others) other.upscaled.fill(0);
  }
  await staged.release();
});

it('where a provider has no memory of that kind, all goes without it', async () => {
  const { bytes, inputs, outputs, upscaled } = await framed();
  for (const [name, staged] of [
    ['Cpu', true],
    ['CudaPinned', false],
  ] as const) {
    const session = await NativeSession.create(runtime, bytes, { staging: { name, id: 3 } });
    expect(session.staged).toBe(staged);
    upscaled.fill(0);
    await session.run(inputs, outputs);
    expect(upscaled.some((sample) => sample > 0)).toBe(true);
    await session.release();
  }
});

it('a session whose network another provider would compute is refused', async () => {
  const { bytes } = await framed();
  await expect(NativeSession.create(runtime, bytes, { computedBy: 'CUDAExecutionProvider' })).rejects.toThrow(
    'CPUExecutionProvider would compute its Conv instead of CUDAExecutionProvider',
  );
  await (await NativeSession.create(runtime, bytes, { computedBy: 'CPUExecutionProvider' })).release();
});

it('the loop is free while a network runs', async () => {
  const { bytes, inputs, outputs } = await framed(8, 320, 240);
  const session = await NativeSession.create(runtime, bytes);
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 1);
  await session.run(inputs, outputs);
  clearInterval(ticking);
  expect(ticks).toBeGreaterThan(0);
  await session.release();
});

it('a run ends early when it is aborted, and the session goes on', async () => {
  const { bytes, inputs, outputs, upscaled } = await framed(12, 320, 240);
  const session = await NativeSession.create(runtime, bytes);
  const abort = new AbortController();
  const run = session.run(inputs, outputs, abort.signal);
  setTimeout(() => {
    abort.abort(new Error('enough'));
  }, 5);
  await expect(run).rejects.toThrow('enough');
  expect(upscaled.every((sample) => sample === 0)).toBe(true);
  await expect(session.run(inputs, outputs, abort.signal)).rejects.toThrow('enough');
  await session.run(inputs, outputs);
  expect(upscaled.every((sample) => sample === 0)).toBe(false);
  await session.release();
});

it('a session that is released waits for its run, and runs no more', async () => {
  const { bytes, inputs, outputs, upscaled } = await framed(8, 320, 240);
  const session = await NativeSession.create(runtime, bytes);
  const run = session.run(inputs, outputs);
  await session.release();
  await run;
  expect(upscaled.every((sample) => sample === 0)).toBe(false);
  await expect(session.run(inputs, outputs)).rejects.toThrow('after it was released');
});

it('CUDA that is not there is an error that names its library', async () => {
  const { bytes } = await framed();
  const options = { provider: { kind: 'cuda', options: { device_id: '0' } } } as const;
  await expect(NativeSession.create(runtime, bytes, options)).rejects.toThrow(
    /libonnxruntime_providers_(shared|cuda)/,
  );
});

it('a library of another version, a truncated one and a missing one are refused, each with its reason', async () => {
  const { file, version } = shippedLibrary();
  await expect(loadLibrary({ file, version: '1.0.0' })).rejects.toThrow(
    new RuntimeUnavailable(`ONNX Runtime's library is ${version}, not 1.0.0`),
  );
  const cut = path.join(folder, path.basename(file));
  copyFileSync(file, cut);
  const { size } = statSync(file);
  for (const left of [size - 1, size / 2, 1000, 100]) {
    truncateSync(cut, left);
    await expect(loadLibrary({ file: cut, version })).rejects.toThrow("ONNX Runtime's library is truncated");
  }
  truncateSync(cut, 0);
  await expect(loadLibrary({ file: cut, version })).rejects.toThrow(/^ONNX Runtime's library cannot be loaded \(/);
  await expect(loadLibrary({ file: `${cut}.none`, version })).rejects.toThrow('has no library for');
});

it('the library stays loaded when memory is collected, and lets the process end', async () => {
  const { bytes } = await framed();
  const file = path.join(folder, 'collected.onnx');
  writeFileSync(file, bytes);
  const script = `
    import { readFileSync } from 'node:fs';
    import { openRuntime } from ${moduleUrl('runtime')};
    import { NativeSession } from ${moduleUrl('session')};
    const runtime = await openRuntime();
    gc();
    const session = await NativeSession.create(runtime, readFileSync(${JSON.stringify(file)}));
    gc();
    console.log(session.inputs[0].name);`;
  const { stdout } = await execa(process.execPath, ['--expose-gc', '--input-type=module', '-e', script]);
  expect(stdout).toBe('frame');
});

it('a worker thread is refused', async () => {
  const script = `
    import { openRuntime } from ${moduleUrl('runtime')};
    import { parentPort } from 'node:worker_threads';
    parentPort.postMessage(await openRuntime().catch((error) => error.message));`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`));
  const [message] = (await once(worker, 'message')) as [string];
  expect(message).toBe('only the main thread may call the C API of ONNX Runtime');
});
