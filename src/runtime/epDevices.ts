import type { Runtime } from './runtime.js';
import type { Pointer } from './table.js';

/** What a plugin, or ONNX Runtime itself, can compute on: a piece of hardware as one provider sees it. */
export interface EpDevice {
  device: Pointer;
  provider: string;
  /** Of the hardware, as far as it is told. */
  vendor: string;
  metadata: Readonly<Record<string, string>>;
}

/** Those of all plugins that were registered. */
export function epDevices(runtime: Runtime): EpDevice[] {
  const { checked, plain, environment, pointersAt } = runtime;
  const [devices, count] = checked.GetEpDevices(environment);
  return pointersAt(devices, count).map((device) => {
    const hardware = plain.EpDevice_Device(device);
    return {
      device,
      provider: plain.EpDevice_EpName(device),
      vendor: hardware === null ? '' : plain.HardwareDevice_Vendor(hardware),
      metadata: {
        ...(hardware !== null && pairsAt(runtime, plain.HardwareDevice_Metadata(hardware))),
        ...pairsAt(runtime, plain.EpDevice_EpMetadata(device)),
      },
    };
  });
}

function pairsAt({ plain, textsAt }: Runtime, pairs: Pointer | null): Record<string, string> {
  if (pairs === null) return {};
  const [keys, values, size] = plain.GetKeyValuePairs(pairs);
  if (size === 0) return {};
  const texts = textsAt(values, size);
  return Object.fromEntries(textsAt(keys, size).map((key, i) => [key, texts[i] ?? '']));
}
