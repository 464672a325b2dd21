import { type OurNetwork, WHOLE } from '../../../tools/parity/ours.js';
import { luma, type Rgb } from './protocol.js';

/** The luma of a picture that the product enlarged. A luma network gets the luma of the small picture. */
export async function throughNetwork(network: OurNetwork, small: Rgb): Promise<Rgb> {
  if (network.pixels !== 'luma') return luma(await enlarged(network, small));
  const { width, height } = small;
  const data = await network.upscale({ width, height, data: luma(small).data }, WHOLE);
  return { width: width * network.scale, height: height * network.scale, channels: 1, data };
}

/** A picture that the product enlarged by a network on RGB. */
export async function enlarged(network: OurNetwork, small: Rgb): Promise<Rgb> {
  const { width, height } = small;
  const planes = await network.upscale({ width, height, data: planesOf(small) }, WHOLE);
  return { width: width * network.scale, height: height * network.scale, channels: 3, data: interleaved(planes) };
}

/** ffmpeg's order of planes, by channel of RGB. */
const PLANES = [2, 0, 1];

function planesOf({ data }: Rgb): Uint8Array {
  const size = data.length / 3;
  const planes = new Uint8Array(data.length);
  for (const [channel, plane] of PLANES.entries())
    for (let i = 0; i < size; i++) planes[plane * size + i] = data[3 * i + channel] as number;
  return planes;
}

function interleaved(planes: Uint8Array): Uint8Array {
  const size = planes.length / 3;
  const data = new Uint8Array(planes.length);
  for (const [channel, plane] of PLANES.entries())
    for (let i = 0; i < size; i++) data[3 * i + channel] = planes[plane * size + i] as number;
  return data;
}
