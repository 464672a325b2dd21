import { z } from 'zod';
import { parseOptions } from '../client/job/flags.js';
import { UserError } from '../lib/errors.js';
import { parseWorkerDevice } from '../runtime/devices.js';
import type { Role } from '../worker/role.js';

const deviceName = z.string().transform((text, context) => {
  try {
    parseWorkerDevice(text);
    return text;
  } catch (error) {
    context.addIssue((error as Error).message);
    return z.NEVER;
  }
});

const schema = z.object({
  role: z.enum(['control', 'encode', 'upscale'], { error: 'must be control, encode or upscale' }).optional(),
  device: z
    .array(deviceName)
    .refine((names) => new Set(names).size === names.length, 'names one twice: a device does one upscale at a time')
    .optional(),
  tag: z
    .string()
    .regex(/^[\w.:-]+(,[\w.:-]+)*$/, 'must be names joined by commas')
    .optional(),
  healthFile: z.string().min(1, 'must name a file').optional(),
});

/** Which workers `reelscale worker` runs. @throws UserError with one line that names the flag. */
export function parseWorkerFlags(options: unknown): { roles: Role[]; healthFile?: string } {
  const { device, tag, healthFile, ...given } = parseOptions(schema, options);
  const role = given.role ?? (device && 'upscale');
  if (role === undefined) throw new UserError('--role must be control, encode or upscale');
  if (role !== 'upscale' && device)
    throw new UserError(`--device: is for the upscale role, and ${role} workers have none`);
  if (role !== 'upscale' && tag !== undefined)
    throw new UserError(`--tag: is for the upscale role, and ${role} workers have none`);
  const tags = [...new Set(tag?.split(',') ?? [])];
  const roles: Role[] =
    role === 'upscale' ? (device ?? ['cpu']).map((name) => ({ name: role, device: name, tags })) : [{ name: role }];
  return { roles, ...(healthFile !== undefined && { healthFile }) };
}
