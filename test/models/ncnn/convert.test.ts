import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/lib/errors.js';
import { convertNcnn } from '../../../src/models/ncnn/convert.js';
import { registered } from '../../../src/models/registry.js';
import { sharedFile } from '../../support/media.js';
import { farthest, type Planes, picture, runOnnx } from '../planes.js';
import { binBytes, compactNet, denseNet, numbers, paramText } from './net.js';
import { runNcnn } from './reference.js';

async function expectSame(param: string, bin: Uint8Array, input: Planes): Promise<void> {
  const expected = runNcnn(param, bin, input);
  const actual = await runOnnx(convertNcnn(param, bin), input);
  expect([actual.c, actual.h, actual.w]).toEqual([expected.c, expected.h, expected.w]);
  expect(farthest(actual, expected)).toBeLessThan(2e-5);
}

describe('a converted network gives what its ncnn files say', () => {
  it('for the layers of SRVGGNetCompact', async () => {
    const { param, bin } = compactNet();
    await expectSame(param, bin, picture(6, 9));
  });

  it('for the layers of RRDBNet', async () => {
    const { param, bin } = denseNet();
    await expectSame(param, bin, picture(5, 4));
  });

  it('for both orders of channels in a pixel shuffle', async () => {
    for (const mode of [0, 1]) {
      const param = paramText([
        'Input in 0 1 data',
        'Convolution conv 1 1 data a 0=12 1=1 6=36',
        `PixelShuffle ps 1 1 a out 0=2 1=${mode}`,
      ]);
      await expectSame(param, binBytes([{ raw: numbers(36, 1) }]), picture(3, 4));
    }
  });

  it('where the last layer is a split', async () => {
    const param = paramText(['Input in 0 1 data', 'PReLU act 1 1 data a 0=1', 'Split s 1 1 a out']);
    await expectSame(param, binBytes([{ bare: [0.5] }]), picture(3, 4));
  });

  it.skipIf(!existsSync(sharedFile('models/realesr-animevideov3-x4.bin'))).each([2, 4])(
    'for Real-ESRGAN animevideov3 x%i, bit for bit the registered file',
    async (scale) => {
      const param = readFileSync(sharedFile(`models/realesr-animevideov3-x${scale}.param`), 'utf8');
      const bin = readFileSync(sharedFile('models/realesr-animevideov3-x4.bin'));
      await expectSame(param, bin, picture(5, 6));
      expect(createHash('sha256').update(convertNcnn(param, bin)).digest('hex')).toBe(
        registered('realesr-animevideov3').variants.get(scale)?.wheel?.onnx,
      );
    },
  );
});

describe('one line says what is wrong with', () => {
  const { param, bin } = compactNet();
  const error = (changed: string, bytes = bin): unknown => {
    try {
      return convertNcnn(changed, bytes);
    } catch (thrown) {
      return thrown;
    }
  };
  it.each<[string, string, Uint8Array, RegExp]>([
    [
      'a truncated .bin',
      param,
      bin.subarray(0, bin.length - 4),
      /ends at byte \d+, within the weights of layer Convolution conv1/,
    ],
    ['an empty .bin', param, new Uint8Array(), /ends at byte 0/],
    ['trailing bytes', param, Uint8Array.from([...bin, 0]), /1 bytes more/],
    [
      'weights stored as int8',
      param,
      Uint8Array.from([0x38, 0x4b, 0x0d, 0, ...bin.slice(4)]),
      /stored in a way that is not supported \(int8\)/,
    ],
    ['weights in an unknown storage', param, Uint8Array.from([1, 2, 3, 4, ...bin.slice(4)]), /0x4030201/],
    ['a text that is no .param', 'hello', bin, /not an ncnn .param/],
    ['a truncated .param', param.split('\n').slice(0, 6).join('\n'), bin, /promises "10" layers and holds 4/],
    ['a blob that does not exist', param.replace('1 1 c d', '1 1 zz d'), bin, /"act0" reads blob "zz"/],
    ['a blob that is made twice', param.replace('1 1 c d', '1 1 c c'), bin, /"c" a second time/],
    ['a quantised layer', param.replace('6=135', '6=135 8=1'), bin, /conv0 is quantised to int8/],
    ['an unknown layer', param.replace('PReLU ', 'LSTM '), bin, /LSTM act0 cannot be converted: only Convolution, /],
    [
      'a layer named as a property of objects',
      param.replace('PReLU ', 'constructor '),
      bin,
      /constructor act0 cannot be converted/,
    ],
    ['a parameter that is no number', param.replace('0=5 1=3', '0=5 1=x'), bin, /"1=x"/],
    ['an array of a wrong length', param.replace('-23310=1', '-23310=2'), bin, /length is wrong/],
    ['weights that do not fit the channels', param.replace('6=135', '6=90'), bin, /6=90/],
    ['a padding that is not supported', param.replace('4=1 5=1 6=135', '4=-233 5=1 6=135'), bin, /4=-233/],
    [
      'a second input',
      paramText(['Input in 0 1 data', 'Input x 0 1 y', 'BinaryOp add 2 1 data y out']),
      bin,
      /more than one input/,
    ],
    [
      'a second output',
      param.replace('1 2 data a b', '1 3 data a b left').replace('10 11', '10 12'),
      bin,
      /2 outputs/,
    ],
    [
      'channels that multiply',
      paramText([
        'Input in 0 1 c0',
        ...Array.from(
          { length: 12 },
          (_, i) =>
            `Split s${i} 1 4 c${i} a${i} b${i} d${i} e${i}\nConcat k${i} 4 1 a${i} b${i} d${i} e${i} c${i + 1}`,
        ).flatMap((pair) => pair.split('\n')),
      ]),
      new Uint8Array(),
      /Concat k7 makes 196608 channels/,
    ],
    [
      'blocks that multiply',
      paramText(['Input in 0 1 a', 'Reorg r 1 1 a b 0=16', 'Reorg s 1 1 b c 0=16']),
      new Uint8Array(),
      /Reorg s has parameter 0=16/,
    ],
    [
      'a name with control characters',
      param.replace('PReLU            act0', 'Strange\u001b[31m act0'),
      bin,
      /layer Strange\\u001b\[31m act0 cannot/,
    ],
    [
      'a crop to a size',
      paramText(['Input in 0 1 a', 'Crop k 1 1 a out 3=20 4=20']),
      new Uint8Array(),
      /Crop k has parameter 3=20/,
    ],
    [
      'a crop to a place counted from the near edge',
      paramText(['Input in 0 1 a', 'Crop k 1 1 a out -23309=1,0 -23310=1,20 -23311=1,1']),
      new Uint8Array(),
      /Crop k has parameter 10=20/,
    ],
    [
      'an inner product of a whole picture',
      paramText(['Input in 0 1 a', 'InnerProduct f 1 1 a out 0=3 2=9']),
      new Uint8Array(),
      /InnerProduct f reads more than one value of each channel/,
    ],
    [
      'channels that are no picture',
      paramText(['Input in 0 1 data', 'Convolution c 1 1 data out 0=1 1=1 6=3']),
      binBytes([{ raw: [1, 1, 1] }]),
      /1 channels instead of 3/,
    ],
  ])('%s', (_, changed, bytes, message) => {
    const thrown = error(changed, bytes);
    expect(thrown).toBeInstanceOf(UserError);
    expect((thrown as Error).message).toMatch(message);
    expect((thrown as Error).message).not.toContain('\n');
  });

  it('hundreds of random changes, or they are harmless', () => {
    let state = 1;
    const random = (below: number) => (state = (state * 48_271) % 2_147_483_647) % below;
    let refused = 0;
    for (let i = 0; i < 400; i++) {
      const chars = [...param];
      const bytes = Uint8Array.from(bin);
      const at = random(chars.length);
      if (i % 4 === 0) chars.splice(at, random(20));
      else if (i % 4 === 1) chars[at] = String.fromCharCode(random(128));
      else if (i % 4 === 2) chars.splice(at, 0, String(random(1e9)));
      else bytes[random(bytes.length)] = random(256);
      const thrown = error(chars.join(''), i % 8 === 7 ? bytes.subarray(0, random(bytes.length)) : bytes);
      if (thrown instanceof Uint8Array) continue;
      refused++;
      expect(thrown).toBeInstanceOf(UserError);
      expect((thrown as Error).message).not.toContain('\n');
    }
    expect(refused).toBeGreaterThan(200);
  });
});
