import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import t from 'tap';
import { resetConnection } from './reset-connection.ts';

async function connected(act: (socket: Socket) => void): Promise<{ socket: Socket; seen: string | undefined }> {
  let seen: string | undefined;
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1');
  peer.on('error', (error: NodeJS.ErrnoException) => {
    seen = error.code;
  });
  const [socket] = (await once(server, 'connection')) as [Socket];
  const closed = Promise.all([once(socket, 'close'), new Promise((resolve) => peer.once('close', resolve))]);
  act(socket);
  peer.resume();
  await closed;
  server.close();
  return { socket, seen };
}

t.test('an open connection is reset', async (t) => {
  const { seen } = await connected(resetConnection);
  t.equal(seen, 'ECONNRESET');
});

t.test('a connection that is ending is closed without an error, and nothing holds the process', async (t) => {
  const { socket } = await connected((one) => {
    one.on('error', (error) => t.fail(String(error)));
    one.end('last');
    resetConnection(one);
  });
  t.equal(socket.destroyed, true);
  t.notOk(process.getActiveResourcesInfo().includes('TCPSocketWrap'), 'no connection is left open');
});
