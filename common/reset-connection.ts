// Ends a TCP connection as a crash does: with a reset.
import type { Socket } from 'node:net';

/**
 * Sends a TCP reset. A connection whose own end is already under way is only destroyed: libuv refuses to reset it (EINVAL,
 * uv_tcp_close_reset), and Node.js then keeps its handle open for ever, and with it the process.
 */
export function resetConnection(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
