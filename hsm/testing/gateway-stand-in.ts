// Child of hsm/memory.test.ts: a process that does what a gateway does with PINs, and nothing else, so that its memory can be searched.
import { writeHeapSnapshot } from 'node:v8';
import { connectHsm } from '../client.ts';

interface Task {
  readonly socketPath: string;
  readonly pan: string;
  /** Enciphered format 0 blocks under zpk-memory, hex. */
  readonly blocks: readonly string[];
  readonly heapPath: string;
}

process.once('message', (task: Task) => {
  void (async () => {
    const client = connectHsm({ socketPath: task.socketPath });
    await client.ready(5_000);
    const outcomes = await Promise.all(
      task.blocks.map((block) =>
        client.single.translatePin({
          pinBlock: Buffer.from(block, 'hex'),
          in: { format: 0, keyRef: 'zpk-memory' },
          out: { format: 3, keyRef: 'zpk-memory' },
          pan: task.pan,
        }),
      ),
    );
    writeHeapSnapshot(task.heapPath);
    process.send?.({ translated: outcomes.filter((outcome) => outcome.ok).length });
  })();
});
process.once('disconnect', () => process.exit(0));
process.send?.({ up: true });
