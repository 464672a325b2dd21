/** A field of a protobuf message whose content is bytes. */
const field = (number: number, content: Uint8Array | string): Buffer => {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
};
const integer = (number: number, value: number): Buffer => Buffer.from([number << 3, value]);
const message = (...fields: Buffer[]): Buffer => Buffer.concat(fields);

/**
 * One float32 of shape [1]: ValueInfoProto { name, type { tensor_type { elem_type, shape { dim { dim_value } } } } }
 */
const value = (name: string): Buffer =>
  message(field(1, name), field(2, field(1, message(integer(1, 1), field(2, field(1, integer(1, 1)))))));

/**
 * The smallest ONNX model: y = x. ModelProto { ir_version, graph { node, name, input, output }, opset_import { version
 * } }
 */
export const IDENTITY_MODEL: Uint8Array = message(
  integer(1, 8),
  field(
    7,
    message(
      field(1, message(field(1, 'x'), field(2, 'y'), field(4, 'Identity'))),
      field(2, 'identity'),
      field(11, value('x')),
      field(12, value('y')),
    ),
  ),
  field(8, integer(2, 13)),
);
