import { loadConfig } from '../../../temporal.config.js';
import { doctor as examine } from '../../supervisor/doctor.js';
import { EXIT } from '../exit.js';
import { print, printJson } from '../say.js';

/** Checks this machine. Returns the exit code. */
export async function doctor({ json }: { json?: boolean }): Promise<number> {
  const lines = await examine(loadConfig());
  if (json) printJson(lines);
  else
    for (const { ok, unused, line, advice } of lines)
      print(`${unused ? '-   ' : ok ? 'ok  ' : 'FAIL'}  ${line}${advice ? `\n      ${advice}` : ''}`);
  return lines.every(({ ok }) => ok) ? EXIT.done : EXIT.failed;
}
