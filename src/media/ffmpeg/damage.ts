/** Lines that decoders also write about whole videos, such as one that was cut at an open GOP: no picture is wrong. */
const HARMLESS = [/mmco: unref short failure/, /co located POCs unavailable/];

/** The lines of a decoder that speak of damaged pictures. */
export const damageOf = (lines: readonly string[]): string[] =>
  lines.filter((line) => !HARMLESS.some((pattern) => pattern.test(line)));
