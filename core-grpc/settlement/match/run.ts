// The matcher: every line of a new file, and every open exception of its network, ends matched or as an exception with its reason.
import type { ClientBase } from 'pg';
import { assign } from './assign.ts';
import { fillCandidates, fillWork } from './candidates.ts';
import { explain } from './reasons.ts';
import { save } from './save.ts';

/**
 * Matches the staged lines of a file and writes the result, inside the caller's transaction. The caller holds the lock of settlement,
 * so that two runs never claim one attempt.
 */
export async function matchFile(client: ClientBase, network: string, fileId: Buffer, nowUs: bigint): Promise<void> {
  const lines = await fillWork(client, network);
  const range = await fillCandidates(client, network, lines.all);
  const left = await assign(client, lines.all, range);
  if (left > 0) await explain(client);
  await client.query('analyze assigned; analyze leftover');
  await save(client, network, fileId, nowUs, lines.earlier > 0);
}
