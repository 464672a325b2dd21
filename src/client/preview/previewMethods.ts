import type { Method } from '../../job/spec.js';
import { UserError } from '../../lib/errors.js';
import { isFilter, type MethodContext, resolveMethod } from '../job/method.js';
import { chosenModel } from '../job/presets.js';

export interface PreviewMethods {
  methods: Method[];
  /** Said to the user when the default model is not shown. */
  note?: string;
}

/**
 * What a preview compares: the named models and filters, else bicubic and the model that an upscale without flags
 * would take. Without a scale, filters enlarge as much as the largest model does.
 * @throws UserError for a name that cannot be used.
 */
export async function previewMethods(
  flags: { model?: string[] | undefined; scale?: number | undefined },
  context: MethodContext,
): Promise<PreviewMethods> {
  const resolve = (model: string, scale = flags.scale): Promise<Method> =>
    resolveMethod({ model, ...(scale !== undefined && { scale }) }, context);
  const named = [...new Set(flags.model)];
  if (named.length === 0) {
    const name = await chosenModel({ scale: flags.scale }, { gpu: context.gpu, modelsRoot: context.roots.models });
    const model = await resolve(name).catch((error: unknown) => {
      if (error instanceof UserError) return undefined;
      throw error;
    });
    const methods = [await resolve('bicubic', flags.scale ?? model?.scale), ...(model ? [model] : [])];
    if (context.hdr) return { methods, note: 'no model is shown: the source is HDR, which they are not made for' };
    return model
      ? { methods }
      : {
          methods,
          note:
            `${name} is not shown: ` +
            `it cannot be used${flags.scale === undefined ? '' : ` with -s ${flags.scale}`} yet ` +
            `(reelscale models pull ${name}, or choose models with -m)`,
        };
  }
  const models = new Map(
    await Promise.all(
      named.filter((name) => !isFilter(name)).map(async (name) => [name, await resolve(name)] as const),
    ),
  );
  const scale =
    flags.scale ?? (models.size > 0 ? Math.max(...[...models.values()].map((model) => model.scale)) : undefined);
  return { methods: await Promise.all(named.map(async (name) => models.get(name) ?? resolve(name, scale))) };
}
