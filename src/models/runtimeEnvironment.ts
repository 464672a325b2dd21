/**
 * The environment of every process that loads ONNX Runtime. Its official Linux builds report to Microsoft (the model's file name and
 * digests among other things) unless told not to, and leave files in the temporary folder while they try.
 */
export const runtimeEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, ORT_DISABLE_TELEMETRY: '1' });
