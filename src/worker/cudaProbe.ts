import { InferenceSession } from 'onnxruntime-node';
import { IDENTITY_MODEL } from './identityModel.js';

/** Ends with code 0 when ONNX Runtime can open a session on the GPU whose index is given. */
const deviceId = Number(process.argv[2]);
try {
  await InferenceSession.create(IDENTITY_MODEL, { executionProviders: [{ name: 'cuda', deviceId }] });
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
