import { EventEmitter } from 'node:events';
import type { ServerWritableStream } from '@grpc/grpc-js';
import t from 'tap';
import { SlowReader } from './slow-reader.ts';

class Call extends EventEmitter {
  readonly written: string[] = [];
  reads = true;

  write(item: string): boolean {
    this.written.push(item);
    return this.reads;
  }

  drain(): void {
    this.reads = true;
    this.emit('drain');
  }
}

t.test('who does not read gets the newest of each key, within the limit, and is told what is missing', (t) => {
  const call = new Call();
  const reader = new SlowReader<unknown, string>(
    call as unknown as ServerWritableStream<unknown, string>,
    2,
    (item, count) => `${item} after ${count}`,
  );
  reader.send('a', 'a1');
  call.reads = false;
  reader.send('a', 'a2'); // taken, and no more
  for (const item of ['a3', 'b1', 'a4', 'c1']) reader.send(item.slice(0, 1), item);
  t.same(call.written, ['a1', 'a2']);
  let emptied = 0;
  reader.whenEmpty(() => {
    emptied += 1;
  });
  call.drain();
  t.same(call.written.slice(2), ['a4 after 2', 'c1']);
  t.equal(emptied, 1);
  reader.send('a', 'a5');
  t.equal(call.written.at(-1), 'a5');
  t.end();
});
