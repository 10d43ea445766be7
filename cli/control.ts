// The simulator's control socket: one JSON request per line, one JSON answer per line.
import { connect } from 'node:net';
import { Failure } from './failure.ts';

/** Sends one command; rejects with a Failure if the simulator is not there, refuses or is late. */
export function control<Answer>(
  socketPath: string,
  request: Readonly<Record<string, unknown>>,
  timeoutMs = 30_000,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let text = '';
    const fail = (why: string): void => {
      socket.destroy();
      reject(new Failure(`the network simulator ${why} (${socketPath})`));
    };
    socket.setEncoding('utf8');
    socket.setTimeout(timeoutMs, () => fail('gave no answer in time'));
    socket.once('error', (error: NodeJS.ErrnoException) => fail(`is not reachable: ${error.code ?? error.message}`));
    socket.once('end', () => fail('closed without an answer'));
    socket.once('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end < 0) return;
      socket.removeAllListeners('end');
      socket.end();
      const answer = JSON.parse(text.slice(0, end)) as Answer & { readonly error?: string };
      if (typeof answer.error === 'string')
        reject(new Failure(`the network simulator refused ${String(request['command'])}: ${answer.error}`));
      else resolve(answer);
    });
  });
}

/** Answer to `cutover`. */
export interface CutoverAnswer {
  /** Path of the settlement file. */
  readonly file: string;
  readonly records: number;
}
