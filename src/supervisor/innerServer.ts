import '../lib/sourceTraces.js';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import net from 'node:net';
import { parseArgs } from 'node:util';
import { withParentDeathSignal } from '../lib/parentDeathSignal.js';
import { INNER_SERVER, joinSockets } from './serverDoor.js';

/**
 * The process that holds the embedded Temporal server in a network of its own. A variable has its arguments, as JSON:
 * `--port PORT --socket PATH -- SERVER [ARGUMENT...]`. It starts the server there, and hands every connection to the
 * Unix socket, which lies where no other user can go, on to the server's port. It ends with the server, and the server
 * with it. Little is imported: until it has loaded, no server starts.
 */
const { values, positionals } = parseArgs({
  args: JSON.parse(process.env[INNER_SERVER] ?? '[]') as string[],
  options: { port: { type: 'string', default: '' }, socket: { type: 'string', default: '' } },
  allowPositionals: true,
});
const [tool = '', ...args] = positionals;
const { socket } = values;

const [file, boundArgs] = withParentDeathSignal(tool, args);
const server = spawn(file, boundArgs, { stdio: ['ignore', 'inherit', 'inherit'] });
const ended = once(server, 'exit') as Promise<[number | null]>;
process.on('SIGTERM', () => {
  server.kill('SIGTERM');
});

// For this user alone.
process.umask(0o077);
rmSync(socket, { force: true });
net
  .createServer((outside) => {
    joinSockets(outside, net.connect(Number(values.port), '127.0.0.1'));
  })
  .listen(socket);

const [code] = await ended;
rmSync(socket, { force: true });
process.exit(code ?? 1);
