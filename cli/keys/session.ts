// One CLI command's session with the device, and how outcomes become lines and exit codes.
import { connectHsm, type HsmClient } from '../../hsm/client.ts';
import type { HsmErrorCode } from '../../hsm/errors.ts';
import type { HsmResult, KeyRecord } from '../../hsm/port.ts';
import { Failure } from '../failure.ts';
import { readInfo, stateFolder } from '../info.ts';

/** 2 = correct the call, 3 = forbidden, 4 = no such key, 7 = wrong state, 8 = try again: the numbers of common/errors.ts. */
const EXIT: { readonly [C in HsmErrorCode]?: number } = {
  invalid_request: 2,
  not_permitted: 3,
  key_not_found: 4,
  key_exists: 5,
  key_state: 7,
  key_usage: 7,
  ceremony_state: 7,
  kcv_mismatch: 7,
  overloaded: 8,
  unavailable: 8,
};

const CONNECT_MS = 3_000;

/** Connect to an admin socket, do the work, close. */
export async function withDevice<T>(
  socketPath: string | undefined,
  work: (client: HsmClient) => Promise<T>,
): Promise<T> {
  const path = socketPath ?? process.env['CARD_EDGE_HSM_ADMIN_SOCKET'] ?? readInfo(stateFolder())?.adminSocket;
  if (path === undefined) {
    throw new Failure(
      'which device? Start the system (card-edge up), give --socket, or set CARD_EDGE_HSM_ADMIN_SOCKET',
      2,
    );
  }
  const client = connectHsm({ socketPath: path });
  try {
    if (!(await client.ready(CONNECT_MS))) throw new Failure(`no HSM device answers at ${path}: is it running?`, 8);
    return await work(client);
  } finally {
    client.close();
  }
}

/** The value of a one-item call, or a Failure. */
export function valueOr<T>(results: readonly HsmResult<T>[]): T {
  const [result] = results;
  if (result === undefined) throw new Failure('the device gave no answer', 1);
  if (result.ok) return result;
  const doubt = result.error.certainty === 'unknown' ? '; it is not known whether it was done: list the keys' : '';
  throw new Failure(`refused (${result.error.code}): ${result.error.message}${doubt}`, EXIT[result.error.code] ?? 1);
}

function day(ms: number): string {
  return ms === 0 ? '-' : new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
}

/** Records as a table: one line each, columns aligned, times in UTC. */
export function keyTable(keys: readonly KeyRecord[]): string {
  const rows = [
    [
      'KEY',
      'USAGE',
      'ALGORITHM',
      'MODE',
      'KCV',
      'STATE',
      'ORIGIN',
      'CREATED',
      'ACTIVE SINCE',
      'ACTIVE FROM',
      'OVERLAP ENDS',
    ],
    ...keys.map((key) => [
      `${key.name}@${key.version}`,
      key.usage,
      key.algorithm,
      key.modeOfUse,
      key.kcv,
      key.state,
      key.origin,
      day(key.createdAtMs),
      day(key.activatedAtMs),
      day(key.state === 'pending' ? key.activateAtMs : 0),
      day(key.retireAtMs),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
