// One request to the simulator's control socket.
import { connect } from 'node:net';

/** How long an answer may take: a cut-over of two million records takes seconds. */
const answerMsMax = 60_000;

/** Asks; rejects with the simulator's own words when it refuses. */
export function askSimulator<Answer>(
  controlPath: string,
  request: { readonly command: string; readonly [argument: string]: unknown },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(controlPath);
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(answerMsMax, () => socket.destroy(new Error('the simulator did not answer')));
    socket.on('error', reject);
    socket.on('end', () => reject(new Error('the simulator closed the connection')));
    socket.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end < 0) return;
      socket.destroy();
      const answer = JSON.parse(text.slice(0, end)) as Answer & { readonly error?: string };
      if (answer.error === undefined) resolve(answer);
      else reject(new Error(answer.error));
    });
    socket.write(`${JSON.stringify(request)}\n`);
  });
}
