import { OrtError } from './ortError.js';
import type { Runtime } from './runtime.js';
import type { Pointer } from './table.js';

/** With it a session remembers what computes its nodes. */
export const RECORD_ASSIGNMENT = { 'session.record_ep_graph_assignment_info': '1' };

/**
 * Operators in which networks spend their time. Others may be left to the CPU: arithmetic on sizes belongs there, and
 * WebGPU has no numbers of 8 and 16 bits, so the casts of frames do too.
 */
const COMPUTING = new Set([
  'Conv',
  'ConvTranspose',
  'MatMul',
  'Gemm',
  'Resize',
  'Upsample',
  'Softmax',
  'InstanceNormalization',
  'GroupNormalization',
  'LayerNormalization',
  'BatchNormalization',
]);

const CALL = 'Session_GetEpGraphAssignmentInfo';
/** Of OrtErrorCode. */
const NOT_IMPLEMENTED = 9;

/**
 * Looks at what computes a session's nodes, which ONNX Runtime decides by itself and never tells.
 * @param provider its name, such as `CUDAExecutionProvider`.
 * @throws OrtError where anything else computes what takes time.
 */
export function requireComputedBy({ checked, pointersAt }: Runtime, session: Pointer, provider: string): void {
  const [subgraphs, count] = checked[CALL](session);
  for (const subgraph of pointersAt(subgraphs, count)) {
    const name = checked.EpAssignedSubgraph_GetEpName(subgraph);
    if (name === provider) continue;
    const [nodes, size] = checked.EpAssignedSubgraph_GetNodes(subgraph);
    for (const node of pointersAt(nodes, size)) {
      const operator = checked.EpAssignedNode_GetOperatorType(node);
      if (COMPUTING.has(operator))
        throw new OrtError(CALL, NOT_IMPLEMENTED, `${name} would compute its ${operator} instead of ${provider}`);
    }
  }
}
