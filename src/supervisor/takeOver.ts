import { type Announcement, reach, readAnnouncement } from '../client/connection/announcement.js';
import { fromSupervisorSchema, receive, send } from '../client/connection/supervisorProtocol.js';
import { idle } from '../lib/idle.js';
import { buildId, packageVersion } from '../lib/project.js';

const POLL_MS = 100;

/**
 * Asks a supervisor to make room, as one in the background does when nobody needs it, and waits until it is gone.
 * @returns false when it stays.
 */
export async function takeOver(home: string, other: Announcement, signal: AbortSignal): Promise<boolean> {
  const socket = await reach(home, other);
  if (socket) {
    const yields = await new Promise<boolean>((resolve) => {
      socket.once('close', () => {
        resolve(true);
      });
      receive(socket, fromSupervisorSchema, (message) => {
        resolve(message.type === 'refused' && message.reason === 'closing');
      });
      send(socket, { type: 'hello', version: packageVersion, build: buildId, takesOver: true });
    });
    socket.destroy();
    if (!yields) return false;
  }
  while (!signal.aborted && (await readAnnouncement(home))?.id === other.id && (await stillListens(home, other))) {
    await idle(POLL_MS, signal);
  }
  return true;
}

async function stillListens(home: string, other: Announcement): Promise<boolean> {
  const socket = await reach(home, other);
  socket?.destroy();
  return socket !== undefined;
}
