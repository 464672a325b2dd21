import { z } from 'zod';
import { UserError } from '../../lib/errors.js';

/** A programme of a transport stream: a picture with its sound, and a clock of its own. */
export interface Program {
  /** By which receivers know it. */
  number: number;
  /** Undefined where the stream does not say it. */
  name: string | undefined;
  /** Indexes of its streams; one of another programme may be among them. */
  streams: number[];
}

/** What ffprobe's `-show_programs` prints. Programmes without a stream are only announced. */
export const programsSchema = z
  .array(
    z.object({
      program_num: z.number().int(),
      tags: z.object({ service_name: z.string() }).partial().default({}),
      streams: z.array(z.object({ index: z.number().int() })).default([]),
    }),
  )
  .default([])
  .transform((programs) =>
    programs
      .map(
        ({ program_num, tags, streams }): Program => ({
          number: program_num,
          name: tags.service_name,
          streams: streams.map(({ index }) => index),
        }),
      )
      .filter(({ streams }) => streams.length > 0),
  );

/** Those streams that belong to a programme, or to none at all. @param own undefined for all. */
export function streamsOf<T extends { index: number }>(
  streams: readonly T[],
  programs: readonly Program[],
  own: Program | undefined,
): T[] {
  if (!own) return [...streams];
  const listed = new Set(programs.flatMap((program) => program.streams));
  return streams.filter(({ index }) => own.streams.includes(index) || !listed.has(index));
}

/**
 * The programme that was asked for by its number. @throws UserError of one line where there is none. @param file for
 * people.
 */
export function programOf(file: string, programs: readonly Program[], number: number): Program {
  const found = programs.find((program) => program.number === number);
  if (found) return found;
  const held = programs.map(
    (program) => `${program.number}${program.name === undefined ? '' : ` ("${program.name}")`}`,
  );
  const choice =
    held.length === 0
      ? 'holds no programmes: leave the flag out'
      : `holds the programme${held.length === 1 ? '' : 's'} ${held.join(', ')}`;
  throw new UserError(`--program ${number}: ${file} ${choice}`);
}
