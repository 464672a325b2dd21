import { UserError } from '../../lib/errors.js';
import { type AttributeValue, floats, integers, node } from '../onnx/build.js';
import type { Node, Tensor } from '../onnx/schema.js';
import type { Extent } from './extent.js';
import type { Layer } from './param.js';
import { LayerParameters } from './parameters.js';
import type { WeightReader } from './weights.js';

export interface Shape {
  channels: number;
  height: Extent;
  width: Extent;
}

/** A value in the ONNX graph: [1, channels, h, w]. */
export interface Blob extends Shape {
  name: string;
}

/** The ONNX graph that layers are appended to, and the file that their weights come from. */
export interface Building {
  nodes: Node[];
  tensors: Tensor[];
  weights: WeightReader;
}

export const MOST_CHANNELS = 65_536;

/** One layer on its way into the graph. */
export class Context {
  readonly params: LayerParameters;
  readonly label: string;
  readonly inputs: Blob[];
  readonly out: string;
  readonly weights: WeightReader;
  readonly #layer: Layer;
  readonly #building: Building;

  /** @param out the ONNX name of what the layer makes. */
  constructor(layer: Layer, label: string, inputs: Blob[], out: string, building: Building) {
    this.params = new LayerParameters(layer.params, label);
    this.label = label;
    this.inputs = inputs;
    this.out = out;
    this.weights = building.weights;
    this.#layer = layer;
    this.#building = building;
  }

  get first(): Blob {
    return this.inputs[0] as Blob;
  }

  node(op: string, inputs: string[], attributes: Record<string, AttributeValue> = {}, out = this.out): string {
    this.#building.nodes.push(node(op, inputs, [out], attributes, `${this.#layer.name}/${op}`));
    return out;
  }

  /** The name of a value within the layer. */
  inner(what: string): string {
    return `${this.out}/${what}`;
  }

  /** Stores constants beside the layer. @returns their name. */
  constant(what: string, dims: number[], values: ArrayLike<number>): string {
    this.#building.tensors.push(floats(this.inner(what), dims, values));
    return this.inner(what);
  }

  /** Stores a list of integers beside the layer. @returns its name. */
  list(what: string, values: number[]): string {
    this.#building.tensors.push(integers(this.inner(what), [values.length], values));
    return this.inner(what);
  }

  /** Of inputs that are combined value by value; those of one value for each channel apply to all of it. */
  sameChannels(): Shape {
    const { channels } = this.first;
    if (this.inputs.some((input) => input.channels !== channels))
      throw new UserError(`layer ${this.label} combines blobs of different channels`);
    return this.inputs.find(({ height }) => height.factor > 0) ?? this.first;
  }
}

export interface Converter {
  /** Fewest and most blobs that it may read. */
  reads: [number, number];
  /** Appends nodes, the last of which makes `out`. @returns the shape of that. */
  append: (layer: Context) => Shape;
}
