import '../lib/sourceTraces.js';
import { InferenceSession, listSupportedBackends } from 'onnxruntime-node';
import { IDENTITY_MODEL } from '../runtime/identityModel.js';

/**
 * `providerProbe.js NAME [DEVICE]`: ends with code 0 when ONNX Runtime can open a session by that execution provider.
 * Without a name it prints those that there are.
 */
const [name, device = '0'] = process.argv.slice(2);
if (name === undefined) {
  console.log(
    listSupportedBackends()
      .map((backend) => backend.name)
      .join('\n'),
  );
} else {
  try {
    await InferenceSession.create(IDENTITY_MODEL, {
      executionProviders: [name === 'cuda' ? { name, deviceId: Number(device) } : name],
      logSeverityLevel: 4,
    });
    // A provider may leave threads that would hold the process.
    process.exit(0);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}
