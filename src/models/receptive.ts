import { smallConstants } from './onnx/constants.js';
import type { Graph, Node } from './onnx/schema.js';
import { isPointwise, type Reach, RULES, Unknown } from './receptiveRules.js';

/** Height, width. */
type Field = [Reach, Reach];

/** Of what they read only the size counts. */
const SIZES: ReadonlySet<string> = new Set(['Shape', 'Size']);

/**
 * How many source pixels around a pixel its enlarged pixels depend on, found by walking a graph from its input to its
 * output. Zeros and mirrored edges do not count: they are there for whole pictures too.
 * @returns undefined where the graph holds an operator that sees everything (attention, global pooling) or one that is
 * not known here.
 */
export function receptiveRadius(graph: Graph, input: string, output: string): number | undefined {
  const fields = fieldsOf(graph, input);
  if (!fields) return undefined;
  const radius = Math.max(...(fields.get(output) ?? []).map(radiusOf));
  return Number.isSafeInteger(radius) ? radius : undefined;
}

/**
 * What the pixels of every value of a graph depend on, by name; undefined where the graph holds an operator that is
 * not known here.
 */
function fieldsOf(graph: Graph, input: string): ReadonlyMap<string, Field> | undefined {
  const constants = smallConstants(graph);
  const start: Reach = { step: 1, from: 0, to: 0 };
  const fields = new Map<string, Field>([[input, [start, start]]]);
  try {
    for (const node of graph.node) {
      const seen = node.input.flatMap((name) => fields.get(name) ?? []);
      // Only sizes and constants go in.
      if (seen.length === 0 || SIZES.has(node.opType)) continue;
      const field = through(node, fields, constants);
      for (const name of node.output) fields.set(name, field);
    }
  } catch (error) {
    if (error instanceof Unknown) return undefined;
    throw error;
  }
  return fields;
}

/** Of all enlarged pixels of one source pixel. */
function radiusOf({ step, from, to }: Reach): number {
  const last = Math.max(0, 1 - step);
  return Math.max(0, Math.floor(-from + ROUNDING), Math.floor(last + to + ROUNDING));
}
/** Sums of thirds are not exact. */
const ROUNDING = 1e-6;

function through(node: Node, fields: ReadonlyMap<string, Field>, constants: ReadonlyMap<string, number[]>): Field {
  if (node.domain && node.domain !== 'ai.onnx') throw new Unknown();
  if (isPointwise(node))
    return merge(
      node.input.flatMap((name) => {
        const field = fields.get(name);
        return field ? [field] : [];
      }),
    );
  const field = fields.get(node.input[0] ?? '');
  const rule = RULES.get(node.opType);
  // Weights or factors that depend on the picture.
  if (!field || !rule || node.input.slice(1).some((name) => fields.has(name))) throw new Unknown();
  const step = rule({ node, constant: (index) => constants.get(node.input[index] ?? '') });
  return [step(field[0], 0), step(field[1], 1)];
}

function merge(fields: Field[]): Field {
  const along = (axis: 0 | 1): Reach => {
    const all = fields.map((field) => field[axis]);
    const step = all[0]?.step ?? 1;
    if (all.some((other) => Math.abs(other.step - step) > ROUNDING)) throw new Unknown();
    return { step, from: Math.min(...all.map(({ from }) => from)), to: Math.max(...all.map(({ to }) => to)) };
  };
  return [along(0), along(1)];
}
