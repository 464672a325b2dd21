import type { OpenGraph, Session } from './session.js';

/** Who opens the graph that is open already gets the same session: its runs may overlap. */
export function sharing(open: OpenGraph): OpenGraph {
  let shared: { graph: Uint8Array; opening: Promise<Session>; users: number } | undefined;
  return async (graph, model, precision) => {
    if (!shared || Buffer.compare(shared.graph, graph) !== 0)
      shared = { graph, opening: open(graph, model, precision), users: 0 };
    const mine = shared;
    mine.users++;
    let session: Session;
    try {
      session = await mine.opening;
    } catch (error) {
      if (shared === mine) shared = undefined;
      throw error;
    }
    return {
      ...(session.expect && { expect: (sizes) => session.expect?.(sizes) }),
      run: (input, output) => session.run(input, output),
      release: async () => {
        if (--mine.users > 0) return;
        if (shared === mine) shared = undefined;
        await session.release();
      },
    };
  };
}
