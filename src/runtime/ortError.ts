/** Names of OrtErrorCode, by number. */
const CODES = [
  'OK',
  'FAIL',
  'INVALID_ARGUMENT',
  'NO_SUCHFILE',
  'NO_MODEL',
  'ENGINE_ERROR',
  'RUNTIME_EXCEPTION',
  'INVALID_PROTOBUF',
  'MODEL_LOADED',
  'NOT_IMPLEMENTED',
  'INVALID_GRAPH',
  'EP_FAIL',
] as const;
type OrtErrorCode = (typeof CODES)[number];

/** A function of ONNX Runtime's C API returned a status. The message is the library's own. */
export class OrtError extends Error {
  override readonly name = 'OrtError';
  /** The function. */
  readonly call: string;
  readonly code: OrtErrorCode | 'UNKNOWN';

  constructor(call: string, code: number, text: string) {
    super(text);
    this.call = call;
    this.code = CODES[code] ?? 'UNKNOWN';
  }
}

/** ONNX Runtime's library cannot be called from here; the message is the end of a sentence. */
export class RuntimeUnavailable extends Error {
  override readonly name = 'RuntimeUnavailable';
}
