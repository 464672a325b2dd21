import { readdirSync, readFileSync } from 'node:fs';

export interface SystemProcess {
  pid: number;
  /** The command line, its arguments joined by spaces. */
  command: string;
}

/** Living processes whose environment names the state folder. Linux only: elsewhere there are none to see. */
export function processesOf(home: string): SystemProcess[] {
  return pids().flatMap((pid) => {
    const environment = read(pid, 'environ')?.split('\0');
    const command = read(pid, 'cmdline')?.replaceAll('\0', ' ').trim();
    return command && environment?.includes(`REELSCALE_HOME=${home}`) ? [{ pid, command }] : [];
  });
}

/** Most memory that a process has held so far, in bytes; undefined once it has ended. */
export function peakMemory(pid: number): number | undefined {
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(read(pid, 'status') ?? '')?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** Memory that a process holds now, what it shares with others counted in shares, in bytes; 0 when it is gone. */
export function residentMemory(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(read(pid, 'smaps_rollup') ?? '')?.[1] ?? 0) * 1024;
}

/** Processor time of a process and of its children that have ended, in seconds; 0 when it is gone. */
export function processorSeconds(pid: number): number {
  // utime, stime, cutime and cstime are fields 14 to 17, counted from 1; the name in brackets before them may hold
  // spaces.
  const fields = read(pid, 'stat')?.split(') ').at(-1)?.split(' ').slice(11, 15) ?? [];
  return fields.reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND;
}

/** Processor time of the server and the workers of a state folder, with the ffmpegs that they have ended. */
export const workersSeconds = (home: { processes: () => SystemProcess[] }): number =>
  home
    .processes()
    .filter(({ command }) => !/^\S*(ffmpeg|ffprobe|setpriv) /.test(command))
    .reduce((sum, { pid }) => sum + processorSeconds(pid), 0);

/** Linux shows times in this unit whatever the kernel's own clock is. */
const TICKS_PER_SECOND = 100;

const pids = (): number[] => {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
};

function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}
