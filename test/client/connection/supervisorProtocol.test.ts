import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import {
  connectTo,
  type FromSupervisor,
  fromSupervisorSchema,
  receive,
} from '../../../src/client/connection/supervisorProtocol.js';

test('a connection that breaks, or says what does not parse, ends with its close and no error', async () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'protocol-')), 'socket');
  const server = net
    .createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write(`${JSON.stringify({ type: 'notice', message: 'hello' })}\nno JSON\n`);
    })
    .listen(file);
  await once(server, 'listening');
  for (const broken of [true, false]) {
    const socket = (await connectTo(file)) as net.Socket;
    const heard: FromSupervisor[] = [];
    receive(socket, fromSupervisorSchema, (message) => {
      heard.push(message);
      // What the kernel reports when the other end was killed with bytes unread.
      if (broken) socket.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
    });
    await new Promise((resolve) => socket.once('close', resolve));
    expect(heard).toEqual([{ type: 'notice', message: 'hello' }]);
  }
  server.close();
});
