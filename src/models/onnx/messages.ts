import protobuf from 'protobufjs';

/** Messages of ONNX that may hold tensors or nodes, however deep; fields by their numbers in the ONNX standard. */
const NESTED: Record<string, Record<number, string>> = {
  Model: { 7: 'Graph', 20: 'Training', 25: 'Function' },
  Training: { 1: 'Graph', 2: 'Graph' },
  Function: { 7: 'Node', 11: 'Attribute' },
  Graph: { 1: 'Node', 5: 'Tensor', 15: 'Sparse' },
  Node: { 5: 'Attribute' },
  Attribute: { 5: 'Tensor', 6: 'Graph', 10: 'Tensor', 11: 'Graph', 22: 'Sparse', 23: 'Sparse' },
  Sparse: { 1: 'Tensor', 2: 'Tensor' },
  Tensor: {},
};
/** As deep as protobuf's own parser goes. */
const DEEPEST = 100;
const [VARINT, DELIMITED] = [0, 2];

export interface Field {
  /** Of the message that holds it: `Tensor`, `Node`, … */
  message: string;
  number: number;
  /**
   * The low 32 bits of a varint, which are all that a reader of an enum sees; the bytes of anything with a length;
   * else undefined.
   */
  value: number | Uint8Array | undefined;
}

/**
 * Every field of every such message, in the order of the bytes. A decoder keeps the last of a field that is given
 * twice, where others merge them: what is looked for here is found in each.
 * @throws Error when the bytes are no protobuf message, or nested too deep.
 */
export function* eachField(bytes: Uint8Array, message = 'Model', depth = 0): Generator<Field> {
  if (depth > DEEPEST) throw new Error('messages are nested too deep');
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const number = tag >>> 3;
    if ((tag & 7) === VARINT) {
      yield { message, number, value: reader.int32() };
    } else if ((tag & 7) === DELIMITED) {
      const value = reader.bytes();
      yield { message, number, value };
      const nested = NESTED[message]?.[number];
      if (nested !== undefined) yield* eachField(value, nested, depth + 1);
    } else {
      reader.skipType(tag & 7);
      yield { message, number, value: undefined };
    }
  }
}
