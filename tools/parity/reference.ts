import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

const networkSchema = z.object({
  name: z.string(),
  scale: z.number().int(),
  /** Real-ESRGAN's own, seeded random ones, or another network's put to use. */
  weights: z.enum(['real', 'random', 'derived']),
  /** Files that hold the network, each in another form. */
  forms: z.array(z.string()).min(1),
});
export type ReferenceNetwork = z.infer<typeof networkSchema>;

/** 8-bit planes G, B, R. */
const pictureSchema = z.object({
  name: z.string(),
  width: z.number().int(),
  height: z.number().int(),
  file: z.string(),
});
export type ReferencePicture = z.infer<typeof pictureSchema>;

const caseSchema = z.object({
  network: z.string(),
  picture: pictureSchema,
  tile: z.number().int(),
  tilePad: z.number().int(),
  prePad: z.number().int(),
  /** The picture, enlarged by RealESRGANer. */
  result: z.string(),
});
export type ReferenceCase = z.infer<typeof caseSchema>;

const referenceSchema = z.object({
  /** Version. */
  torch: z.string(),
  networks: z.array(networkSchema),
  cases: z.array(caseSchema),
  /** For what needs no reference: tiles against the whole picture. */
  seamPictures: z.array(pictureSchema),
});
export type Reference = z.infer<typeof referenceSchema>;

/** @param folder that reference.py wrote. */
export async function readReference(folder: string): Promise<Reference> {
  return referenceSchema.parse(JSON.parse(await readFile(path.join(folder, 'reference.json'), 'utf8')));
}
