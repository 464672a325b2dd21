import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SystemProcess } from '../support/processes.js';
import type { Crew } from './crew.js';
import type { Dice } from './dice.js';
import { type Ground, TIMES } from './ground.js';

const TARGETS: Readonly<Record<string, RegExp>> = {
  'control worker': /--role control/,
  'encode worker': /--role encode/,
  'upscale worker': /--role upscale/,
  upscaler: /upscaler\/process/,
  ffmpeg: /^\S*ff(mpeg|probe) /,
  'Temporal server': /server start-dev/,
  supervisor: /supervisorMain/,
  command: /bin\/reelscale /,
};
const WEIGHTS = [
  [4, 'control worker'],
  [4, 'encode worker'],
  [5, 'upscale worker'],
  [5, 'upscaler'],
  [8, 'ffmpeg'],
  [4, 'Temporal server'],
  [3, 'supervisor'],
  [5, 'command'],
] as const;
/** Longer than it takes until the server thinks that a frozen process is dead. */
const LONG = [TIMES.heartbeat + 1, TIMES.heartbeat + 5] as const;
const SHORT = [0.2, 2] as const;

/** kill -9, SIGTERM, or SIGSTOP and later SIGCONT of one process of one kind. */
export function killOne(crew: Crew, dice: Dice): { kind: string; detail: string } | undefined {
  const target = dice.weighted(WEIGHTS);
  const how = dice.weighted([
    [5, 'kill -9'],
    [2, 'SIGTERM'],
    [2, 'SIGSTOP, short'],
    [2, 'SIGSTOP, long'],
  ] as const);
  const found = crew.ground.home
    .processes()
    .filter(({ command }) => TARGETS[target]?.test(command))
    .sort((a, b) => a.pid - b.pid);
  const victim = dice.pick(found);
  const seconds = dice.between(...(how === 'SIGSTOP, long' ? LONG : SHORT));
  if (!victim) return undefined;
  const sent = send(victim.pid, how === 'kill -9' ? 'SIGKILL' : how === 'SIGTERM' ? 'SIGTERM' : 'SIGSTOP');
  if (!sent) return undefined;
  if (how.startsWith('SIGSTOP'))
    setTimeout(() => {
      wake(crew.ground, victim);
    }, seconds * 1000);
  // A frozen process and the one that takes its place may each lose a part.
  if (target !== 'command') crew.interrupted(how === 'SIGSTOP, long' ? 2 : 1, how.startsWith('SIGSTOP') ? seconds : 0);
  return { kind: `${how}: ${target}`, detail: `${victim.pid} ${victim.command.slice(0, 300)}` };
}

/** kill -9 of everything at once. */
export async function powerCut(crew: Crew): Promise<{ kind: string; detail: string } | undefined> {
  const found = crew.ground.home.processes();
  if (found.length === 0) return undefined;
  await crew.ground.home.kill();
  crew.interrupted(1, 0);
  return { kind: 'kill -9: everything', detail: `${found.length} processes` };
}

/** Another process may have its number meanwhile. */
function wake({ home }: Ground, { pid, command }: SystemProcess): void {
  if (home.processes().some((each) => each.pid === pid && each.command === command)) send(pid, 'SIGCONT');
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** What still works for a campaign some seconds after its end, by environment, arguments, folder or open files. */
export async function leftRunning({ home, root }: Ground, seconds: number): Promise<string[]> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const found = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .flatMap((pid) => (belongs(pid, root, home.config.home) ? [describe(pid)] : []));
    if (found.length === 0 || performance.now() > end) return found;
    await sleep(250);
  }
}

function belongs(pid: string, root: string, home: string): boolean {
  const texts = [
    () => readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`REELSCALE_HOME=${home}`),
    () => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(root),
    () => readlinkSync(`/proc/${pid}/cwd`).startsWith(root),
    () => readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith(root)),
  ];
  return texts.some((look) => {
    try {
      return look();
    } catch {
      return false;
    }
  });
}

const describe = (pid: string): string => {
  try {
    return `${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 200)}`;
  } catch {
    return pid;
  }
};
