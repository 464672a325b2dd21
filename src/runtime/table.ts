/**
 * The functions of ONNX Runtime's C API that are used here. `OrtApi` is a structure of function pointers to which
 * versions only append, so a function is known by its place. Places and arguments are those of onnxruntime_c_api.h,
 * as the Go module github.com/yalue/onnxruntime_go v1.27.0 carries it; the crate ort-sys 2.0.0-rc.15 has the same.
 */

/** The version that is asked for, and how many functions its structure has. */
export const API_VERSION = 24;
export const API_FUNCTIONS = 415;

/** An address in native memory. */
export type Pointer = bigint;

/** What arguments and results are, in native words and in ours. */
interface Values {
  pointer: Pointer | null;
  text: string;
  int: number;
  size: number;
  long: bigint;
  /** Pointed to where it lies. It must neither be moved nor collected while native code has the pointer. */
  buffer: ArrayBufferView;
  pointers: Pointer[];
  texts: string[];
  longs: readonly number[];
}
export type Kind = keyof Values;

/** Written by the function into its last arguments; one of them is given alone. */
type Given<G extends readonly Kind[]> = G extends readonly []
  ? undefined
  : G extends readonly [infer One extends Kind]
    ? NonNullable<Values[One]>
    : { -readonly [I in keyof G]: NonNullable<Values[G[I]]> };

type Taken<T extends readonly Kind[]> = { -readonly [I in keyof T]: Values[T[I]] };

/** A function that returns an OrtStatus: its place, what it takes, and what it gives behind that. */
export const STATUS_CALLS = {
  CreateEnv: [3, ['int', 'text'], ['pointer']],
  CreateSessionFromArray: [8, ['pointer', 'buffer', 'size', 'pointer'], ['pointer']],
  CreateSessionOptions: [10, [], ['pointer']],
  SetSessionLogSeverityLevel: [22, ['pointer', 'int'], []],
  SetSessionGraphOptimizationLevel: [23, ['pointer', 'int'], []],
  SetIntraOpNumThreads: [24, ['pointer', 'int'], []],
  SessionGetInputCount: [30, ['pointer'], ['size']],
  SessionGetOutputCount: [31, ['pointer'], ['size']],
  SessionGetInputTypeInfo: [33, ['pointer', 'size'], ['pointer']],
  SessionGetOutputTypeInfo: [34, ['pointer', 'size'], ['pointer']],
  SessionGetInputName: [36, ['pointer', 'size', 'pointer'], ['pointer']],
  SessionGetOutputName: [37, ['pointer', 'size', 'pointer'], ['pointer']],
  CreateRunOptions: [39, [], ['pointer']],
  RunOptionsSetTerminate: [46, ['pointer'], []],
  CreateTensorWithDataAsOrtValue: [49, ['pointer', 'buffer', 'size', 'longs', 'size', 'int'], ['pointer']],
  CastTypeInfoToTensorInfo: [55, ['pointer'], ['pointer']],
  GetTensorElementType: [60, ['pointer'], ['int']],
  GetDimensionsCount: [61, ['pointer'], ['size']],
  GetDimensions: [62, ['pointer', 'buffer', 'size'], []],
  GetTypeInfo: [66, ['pointer'], ['pointer']],
  CreateMemoryInfo: [68, ['text', 'int', 'int', 'int'], ['pointer']],
  CreateCpuMemoryInfo: [69, ['int', 'int'], ['pointer']],
  AllocatorAlloc: [75, ['pointer', 'size'], ['pointer']],
  AllocatorFree: [76, ['pointer', 'pointer'], []],
  GetAllocatorWithDefaultOptions: [78, [], ['pointer']],
  AddSessionConfigEntry: [130, ['pointer', 'text', 'text'], []],
  CreateAllocator: [131, ['pointer', 'pointer'], ['pointer']],
  RunWithBinding: [133, ['pointer', 'pointer', 'pointer'], []],
  CreateIoBinding: [134, ['pointer'], ['pointer']],
  BindInput: [136, ['pointer', 'text', 'pointer'], []],
  BindOutput: [137, ['pointer', 'text', 'pointer'], []],
  BindOutputToDevice: [138, ['pointer', 'text', 'pointer'], []],
  GetBoundOutputValues: [140, ['pointer', 'pointer'], ['pointer', 'size']],
  SessionOptionsAppendExecutionProvider_CUDA_V2: [204, ['pointer', 'pointer'], []],
  CreateCUDAProviderOptions: [205, [], ['pointer']],
  UpdateCUDAProviderOptions: [206, ['pointer', 'texts', 'texts', 'size'], []],
  GetCUDAProviderOptionsAsString: [207, ['pointer', 'pointer'], ['pointer']],
  RegisterExecutionProviderLibrary: [301, ['pointer', 'text', 'text'], []],
  GetEpDevices: [303, ['pointer'], ['pointer', 'size']],
  SessionOptionsAppendExecutionProvider_V2: [
    304,
    ['pointer', 'pointer', 'pointers', 'size', 'texts', 'texts', 'size'],
    [],
  ],
  Session_GetEpGraphAssignmentInfo: [407, ['pointer'], ['pointer', 'size']],
  EpAssignedSubgraph_GetEpName: [408, ['pointer'], ['text']],
  EpAssignedSubgraph_GetNodes: [409, ['pointer'], ['pointer', 'size']],
  EpAssignedNode_GetOperatorType: [412, ['pointer'], ['text']],
} as const satisfies Record<string, readonly [number, readonly Kind[], readonly Kind[]]>;

/** A function that cannot fail: its place, what it takes, what it gives behind that, and its result. */
export const PLAIN_CALLS = {
  GetErrorCode: [1, ['pointer'], [], 'int'],
  GetErrorMessage: [2, ['pointer'], [], 'text'],
  ReleaseStatus: [93, ['pointer'], [], undefined],
  ReleaseMemoryInfo: [94, ['pointer'], [], undefined],
  ReleaseSession: [95, ['pointer'], [], undefined],
  ReleaseValue: [96, ['pointer'], [], undefined],
  ReleaseRunOptions: [97, ['pointer'], [], undefined],
  ReleaseTypeInfo: [98, ['pointer'], [], undefined],
  ReleaseSessionOptions: [100, ['pointer'], [], undefined],
  ReleaseAllocator: [132, ['pointer'], [], undefined],
  ReleaseIoBinding: [135, ['pointer'], [], undefined],
  ReleaseCUDAProviderOptions: [208, ['pointer'], [], undefined],
  GetKeyValuePairs: [298, ['pointer'], ['pointer', 'pointer', 'size'], undefined],
  HardwareDevice_VendorId: [308, ['pointer'], [], 'int'],
  HardwareDevice_Vendor: [309, ['pointer'], [], 'text'],
  HardwareDevice_Metadata: [311, ['pointer'], [], 'pointer'],
  EpDevice_EpName: [312, ['pointer'], [], 'text'],
  EpDevice_EpMetadata: [314, ['pointer'], [], 'pointer'],
  EpDevice_Device: [316, ['pointer'], [], 'pointer'],
} as const satisfies Record<string, readonly [number, readonly Kind[], readonly Kind[], Kind | undefined]>;

type StatusCalls = typeof STATUS_CALLS;
type PlainCalls = typeof PLAIN_CALLS;
export type StatusCall = keyof StatusCalls;
export type PlainCall = keyof PlainCalls;

/** They throw OrtError. */
export type Checked = {
  [N in StatusCall]: (...taken: Taken<StatusCalls[N][1]>) => Given<StatusCalls[N][2]>;
};
export type Plain = {
  [N in PlainCall]: (
    ...taken: Taken<PlainCalls[N][1]>
  ) => PlainCalls[N][3] extends Kind ? Values[PlainCalls[N][3]] : Given<PlainCalls[N][2]>;
};
/** The same, on a thread of libuv's pool. */
export type Later = {
  [N in StatusCall]: (...taken: Taken<StatusCalls[N][1]>) => Promise<Given<StatusCalls[N][2]>>;
};
