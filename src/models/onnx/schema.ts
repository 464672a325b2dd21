import protobuf from 'protobufjs';

/**
 * The part of ONNX's message definitions that is read or written here. Field numbers are those of the ONNX standard;
 * fields that are not named here (external data, sparse tensors, functions, metadata) survive a decode and encode
 * untouched.
 */
const DEFINITION = `
syntax = "proto2";
package onnx;

message ModelProto {
  optional int64 ir_version = 1;
  optional string producer_name = 2;
  optional string producer_version = 3;
  optional GraphProto graph = 7;
  repeated OperatorSetIdProto opset_import = 8;
}
message OperatorSetIdProto {
  optional string domain = 1;
  optional int64 version = 2;
}
message GraphProto {
  repeated NodeProto node = 1;
  optional string name = 2;
  repeated TensorProto initializer = 5;
  repeated ValueInfoProto input = 11;
  repeated ValueInfoProto output = 12;
  repeated ValueInfoProto value_info = 13;
  repeated TensorAnnotation quantization_annotation = 14;
  repeated SparseTensorProto sparse_initializer = 15;
}
message NodeProto {
  repeated string input = 1;
  repeated string output = 2;
  optional string name = 3;
  optional string op_type = 4;
  repeated AttributeProto attribute = 5;
  optional string domain = 7;
}
message AttributeProto {
  optional string name = 1;
  optional float f = 2;
  optional int64 i = 3;
  optional bytes s = 4;
  optional TensorProto t = 5;
  optional GraphProto g = 6;
  repeated float floats = 7;
  repeated int64 ints = 8;
  repeated GraphProto graphs = 11;
  optional int32 type = 20;
}
message TensorProto {
  repeated int64 dims = 1;
  optional int32 data_type = 2;
  repeated float float_data = 4 [packed = true];
  repeated int32 int32_data = 5 [packed = true];
  repeated int64 int64_data = 7 [packed = true];
  optional string name = 8;
  optional bytes raw_data = 9;
  optional int32 data_location = 14;
}
message SparseTensorProto {
  optional TensorProto values = 1;
}
message TensorAnnotation {
  optional string tensor_name = 1;
  repeated StringStringEntryProto quant_parameter_tensor_names = 2;
}
message StringStringEntryProto {
  optional string key = 1;
  optional string value = 2;
}
message ValueInfoProto {
  optional string name = 1;
  optional TypeProto type = 2;
}
message TypeProto {
  optional Tensor tensor_type = 1;
  message Tensor {
    optional int32 elem_type = 1;
    optional TensorShapeProto shape = 2;
  }
}
message TensorShapeProto {
  repeated Dimension dim = 1;
  message Dimension {
    optional int64 dim_value = 1;
    optional string dim_param = 2;
  }
}
`;

const ModelType = protobuf.parse(DEFINITION).root.lookupType('onnx.ModelProto');

/** A 64-bit integer; the decoder gives objects for it. */
type Int64 = number | { toNumber(): number };

export const toInteger = (value: Int64): number => (typeof value === 'number' ? value : value.toNumber());

export interface OnnxModel {
  irVersion: Int64;
  producerName?: string;
  producerVersion?: string;
  graph: Graph;
  opsetImport: { domain?: string; version: Int64 }[];
}

export interface Graph {
  name: string;
  node: Node[];
  initializer: Tensor[];
  input: ValueInfo[];
  output: ValueInfo[];
  valueInfo: ValueInfo[];
  quantizationAnnotation: { tensorName: string; quantParameterTensorNames: { key: string; value: string }[] }[];
  sparseInitializer: { values: Tensor }[];
}

export interface Node {
  input: string[];
  output: string[];
  name: string;
  opType: string;
  attribute: Attribute[];
  domain?: string;
}

export interface Attribute {
  name: string;
  type: number;
  f?: number;
  i?: Int64;
  s?: Uint8Array;
  t?: Tensor | null;
  g?: Graph | null;
  floats?: number[];
  ints?: Int64[];
  graphs?: Graph[];
}

export interface Tensor {
  name: string;
  dims: Int64[];
  dataType: number;
  /** The values are in one of these four; half precision that is not raw is in the low 16 bits of `int32Data`. */
  rawData?: Uint8Array;
  floatData?: number[];
  int32Data?: number[];
  int64Data?: Int64[];
  /** 1: the values are in another file. */
  dataLocation?: number;
}

export interface ValueInfo {
  name: string;
  type: { tensorType: TensorType | null } | null;
}

interface TensorType {
  elemType: number;
  shape: { dim: Dimension[] } | null;
}

/** Neither value set: the size is unknown and has no name. */
export interface Dimension {
  dimValue?: Int64;
  dimParam?: string;
}

/** Element types of TensorProto.DataType. */
export const FLOAT = 1;
export const UINT8 = 2;
export const INT8 = 3;
export const UINT16 = 4;
export const INT64 = 7;
export const BOOL = 9;
export const FLOAT16 = 10;
export const DOUBLE = 11;

export const encodeModel = (model: OnnxModel): Uint8Array => ModelType.encode(model).finish();

/** @throws Error when the bytes are no protobuf message, or one that holds no ONNX graph. */
export function decodeModel(bytes: Uint8Array): OnnxModel {
  const reader = protobuf.Reader.create(bytes);
  reader.discardUnknown = false;
  const model = ModelType.decode(reader) as unknown as OnnxModel;
  if (!model.graph || model.graph.node.length === 0 || model.opsetImport.length === 0)
    throw new Error('holds no ONNX graph');
  return model;
}

/** The size of a dimension; undefined when it is dynamic (which some exporters write as 0 or -1). */
export function fixedSize(dimension: Dimension): number | undefined {
  const size = toInteger(dimension.dimValue ?? 0);
  return size > 0 ? size : undefined;
}
