/** What `reelscale doctor` found out about one thing. */
export interface Finding {
  line: string;
  ok: boolean;
  /** Not here, or not used, and nothing is missing without it. */
  unused?: true;
  /** What to do about it. */
  advice?: string;
}

/** The errors of the probes say what is wrong and what to do in one line. */
export async function attempt(check: () => Promise<string>): Promise<Finding> {
  try {
    return { line: await check(), ok: true };
  } catch (error) {
    const [line = '', ...advice] = (error as Error).message.split(': ');
    return { line, ok: false, ...(advice.length > 0 && { advice: advice.join(': ') }) };
  }
}
