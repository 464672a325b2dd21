import type { TestState } from '../support/torch.js';

/** Tiny networks as PyTorch would save them, with weights that look random. */

const numbers = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.fround(((((i + seed) * 7919 + seed * 104_729) % 1009) - 504) / 2048));

/** Fills a state dict in the order in which tensors are asked for. */
class State {
  readonly tensors: TestState = {};

  add(name: string, dims: number[]): void {
    this.tensors[name] = {
      dims,
      values: numbers(
        dims.reduce((a, b) => a * b, 1),
        Object.keys(this.tensors).length,
      ),
    };
  }

  conv(name: string, from: number, to: number): void {
    this.add(`${name}.weight`, [to, from, 3, 3]);
    this.add(`${name}.bias`, [to]);
  }
}

export interface CompactSizes {
  features: number;
  /** Beside the first and the last one. */
  convolutions: number;
  scale: number;
}

export function compactState({ features, convolutions, scale }: CompactSizes): TestState {
  const state = new State();
  for (let i = 0; i <= convolutions; i++) {
    state.conv(`body.${2 * i}`, i === 0 ? 3 : features, features);
    state.add(`body.${2 * i + 1}.weight`, [features]);
  }
  state.conv(`body.${2 * convolutions + 2}`, features, 3 * scale ** 2);
  return state.tensors;
}

export interface DenseSizes {
  features: number;
  growth: number;
  blocks: number;
  /** Channels that the first convolution reads: 3, 12 or 48. */
  inputs: number;
}

/** In BasicSR's naming. */
export function denseState({ features, growth, blocks, inputs }: DenseSizes): TestState {
  const state = new State();
  state.conv('conv_first', inputs, features);
  for (let b = 0; b < blocks; b++) {
    for (const d of [1, 2, 3])
      for (const k of [1, 2, 3, 4, 5])
        state.conv(`body.${b}.rdb${d}.conv${k}`, features + (k - 1) * growth, k === 5 ? features : growth);
  }
  for (const name of ['conv_body', 'conv_up1', 'conv_up2', 'conv_hr']) state.conv(name, features, features);
  state.conv('conv_last', features, 3);
  return state.tensors;
}

type Rename = (name: string, blocks: number) => string;

/** The first BasicSR's naming. */
export const inBetween: Rename = (name) =>
  name
    .replace(/^body\.(\d+)\.rdb/, 'RRDB_trunk.$1.RDB')
    .replace('conv_body', 'trunk_conv')
    .replace('conv_up', 'upconv')
    .replace('conv_hr', 'HRconv');

/** ESRGAN's as published. */
export const asPublished: Rename = (name, blocks) =>
  name
    .replace(/^body\.(\d+)\.rdb(\d)\.conv(\d)\./, 'model.1.sub.$1.RDB$2.conv$3.0.')
    .replace('conv_first', 'model.0')
    .replace('conv_body', `model.1.sub.${blocks}`)
    .replace('conv_up1', 'model.3')
    .replace('conv_up2', 'model.6')
    .replace('conv_hr', 'model.8')
    .replace('conv_last', 'model.10');

export const renamed = (state: TestState, rename: Rename, blocks: number): TestState =>
  Object.fromEntries(Object.entries(state).map(([name, tensor]) => [rename(name, blocks), tensor]));
