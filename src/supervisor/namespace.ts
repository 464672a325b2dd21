import { execa } from 'execa';
import { withParentDeathSignal } from '../lib/parentDeathSignal.js';

/**
 * A network of its own, in which no port can be reached from outside, and in which its first process may bring up the
 * loopback device.
 */
const UNSHARE = ['--map-root-user', '--net', '--'];
const PROBE_MS = 10_000;

/** SIOCSIFFLAGS for `lo`: UP, LOOPBACK, RUNNING. Where iproute2 is not installed. */
const LOOPBACK_UP =
  'import fcntl,socket,struct; ' +
  "fcntl.ioctl(socket.socket(socket.AF_INET,socket.SOCK_DGRAM),0x8914,struct.pack('16sh22x',b'lo',0x49))";
const SCRIPT = `ip link set lo up 2>/dev/null || python3 -c "${LOOPBACK_UP}" || exit 1`;

/** The command line of a process in a network of its own, with its loopback device up. It ends with its parent. */
export function inOwnNetwork(tool: string, args: readonly string[]): [string, string[]] {
  const [file, rest] = withParentDeathSignal(tool, args);
  // setpriv once more inside: the kernel may forget the signal on the way into a user namespace.
  return ['unshare', [...UNSHARE, 'sh', '-c', `${SCRIPT}; exec "$@"`, 'sh', file, ...rest]];
}

/**
 * Whether this system gives processes networks of their own, and lets them work in `folder` there.
 * @returns why not; undefined when it does.
 */
export async function whyNoNamespace(folder: string): Promise<string | undefined> {
  if (process.platform !== 'linux') return `${process.platform} has no network namespaces`;
  const [file, args] = inOwnNetwork('test', ['-w', folder]);
  const { failed, stderr } = await execa(file, args, { stdin: 'ignore', reject: false, timeout: PROBE_MS });
  return failed ? stderr.trim().split('\n').at(-1) || 'unshare --map-root-user --net does not work here' : undefined;
}
