import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { projectRoot } from '../../src/lib/project.js';

interface Part {
  nested?: Record<string, Part>;
  methods?: object;
  fields?: object;
}

/** What `protoSubset` keeps for programs of these texts. */
async function subsetFor(...programs: string[]): Promise<Part> {
  const [script, packages] = ['scripts/protoSubset.mjs', 'node_modules'].map((name) => path.join(projectRoot, name));
  const call = `protoSubset(${JSON.stringify(packages)}, ${JSON.stringify(programs)})`;
  const code = `import { protoSubset } from ${JSON.stringify(script)}; console.log(JSON.stringify(${call}))`;
  const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', code]);
  return JSON.parse(stdout) as Part;
}

function at(subset: Part, name: string): Part | undefined {
  return name.split('.').reduce<Part | undefined>((part, each) => part?.nested?.[each], subset);
}

test('of Temporal’s protocol, methods stay that a program names, with all that their messages hold', async () => {
  const subset = await subsetFor('const { WorkflowService } = api; await service.signalWorkflowExecution({})');
  const service = at(subset, 'temporal.api.workflowservice.v1.WorkflowService');
  expect(Object.keys(service?.methods ?? {})).toEqual(['SignalWorkflowExecution']);
  expect(at(subset, 'temporal.api.workflowservice.v1.SignalWorkflowExecutionRequest')?.fields).toHaveProperty('input');
  expect(at(subset, 'temporal.api.common.v1.Payloads')?.fields).toHaveProperty('payloads');
  expect(at(subset, 'temporal.api.workflowservice.v1.StartWorkflowExecutionRequest')).toBeUndefined();
});

test('a message stays that a program names by itself, and the API of Temporal Cloud does not', async () => {
  const subset = await subsetFor('decode(WorkflowActivation)', 'Namespace');
  expect(at(subset, 'coresdk.workflow_activation.WorkflowActivation')?.fields).toHaveProperty('jobs');
  expect(at(subset, 'temporal.api.cloud')).toBeUndefined();
});
