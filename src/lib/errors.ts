/**
 * Errors are classified once, where they arise:
 * - UserError: wrong use or bad input. One clear line, never retried, exit code 2.
 * - WorldError: the disk, the network, another process. Retried with back-off.
 * - anything else is a bug and is shown loudly.
 * Cancellation is not an error; it travels as an AbortSignal's reason.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}

export class WorldError extends Error {
  override readonly name: string = 'WorldError';
}

/**
 * ffmpeg or ffprobe has given up on a file by itself, which says something about the file: a track gives no sound, a
 * result cannot be opened. A tool that was killed, or that met a disk or a network that is away, is only a WorldError:
 * who takes it for an answer loses what it did not read.
 */
export class ContentFailure extends WorldError {}

/** A range of the source does not decode to the frames that its plan promises: the source must be conformed. */
export class SegmentMismatch extends Error {
  override readonly name = 'SegmentMismatch';
}

/** A committed part is missing or its bytes differ from its record: that range must be made again. */
export class PartDamaged extends Error {
  override readonly name = 'PartDamaged';
}

/** Less than the required space is free; the job pauses itself. */
export class DiskFull extends Error {
  override readonly name = 'DiskFull';
}

/**
 * A record on the disk is not what was written. What can be made again is; else this line says which file it is and
 * what to do.
 */
export class RecordDamaged extends UserError {
  readonly file: string;
  /** What was found. */
  readonly text: string;

  constructor(file: string, text: string, reason: string) {
    super(`${file} is damaged (${reason}): move it away, then run the same command again`);
    this.file = file;
    this.text = text;
  }
}
