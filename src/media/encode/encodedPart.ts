import { EncodedPacketSink, FilePathSource, Input, type InputVideoTrack, MP4, type VideoCodec } from 'mediabunny';

/** Opens one encoded part of a result. */
export async function openPart(
  file: string,
): Promise<{ track: InputVideoTrack; sink: EncodedPacketSink; close: () => void }> {
  const input = new Input({ source: new FilePathSource(file), formats: [MP4] });
  try {
    const track = await input.getPrimaryVideoTrack();
    if (!track) throw new Error(`${file} has no video track`);
    return {
      track,
      sink: new EncodedPacketSink(track),
      close: () => {
        input.dispose();
      },
    };
  } catch (error) {
    input.dispose();
    throw error;
  }
}

export async function codecOf(file: string): Promise<VideoCodec> {
  const part = await openPart(file);
  const codec = await part.track.getCodec();
  part.close();
  if (!codec) throw new Error(`${file} holds a video that cannot be joined`);
  return codec;
}

/** For each packet in decode order, its place among the part's frames in presentation order. */
export async function presentationRanks(sink: EncodedPacketSink): Promise<Uint32Array> {
  const times: number[] = [];
  for await (const packet of sink.packets(undefined, undefined, { metadataOnly: true })) times.push(packet.timestamp);
  const order = [...times.keys()].sort((a, b) => (times[a] as number) - (times[b] as number));
  const ranks = new Uint32Array(times.length);
  for (const [rank, k] of order.entries()) ranks[k] = rank;
  return ranks;
}

/**
 * What must be equal in all parts, out of their decoder configurations. AV1 has its sequence header with every
 * keyframe; beside the pictures is only what the codec's name says.
 */
export function parametersOf({ codec, description }: { codec: string; description?: unknown }): Uint8Array {
  // The DOM's type, which this project has no library for.
  const data = description as ArrayBuffer | ArrayBufferView | undefined;
  if (data === undefined) return new TextEncoder().encode(codec);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
