// STAN (DE11) and RRN (DE37) from one counter per network, leased in blocks, so that instances never give the same number.
import type pg from 'pg';
import { type Clock, transmissionTime } from '../../common/clock.ts';
import { Fault } from '../../common/errors.ts';
import { stanBlockSize } from '../../common/limits.ts';
import type { References } from '../payments/model.ts';
import { storeFault } from './pool.ts';

/** The next block is leased when this few numbers are left: a lease takes some milliseconds, at 10,000/s that is a few dozen numbers. */
const numbersLeftMin = stanBlockSize / 5;

interface Block {
  next: number;
  end: number;
  following: { next: number; end: number } | undefined;
  leasing: Promise<void> | undefined;
}

/** Gives references. */
export interface Sequences {
  /** Waits until numbers for the network are at hand. */
  ready(network: string): Promise<void> | undefined;
  /** Fresh references. Throws OVERLOADED when `ready` was not awaited and none are at hand. */
  take(network: string): References;
}

/** Makes the sequences of an instance. */
export function makeSequences(pool: pg.Pool, clock: Clock): Sequences {
  const blocks = new Map<string, Block>();

  async function lease(network: string): Promise<{ next: number; end: number }> {
    const result = await pool
      .query<{ first: string }>({
        name: 'lease_sequence',
        text: `insert into sequence_lease as l (network, next_number) values ($1, $2::bigint)
               on conflict (network) do update set next_number = l.next_number + $2::bigint
               returning l.next_number - $2::bigint as first`,
        values: [network, stanBlockSize],
      })
      .catch((error: unknown) => {
        throw storeFault(error);
      });
    const next = Number(result.rows[0]?.first);
    return { next, end: next + stanBlockSize };
  }

  function blockOf(network: string): Block {
    let block = blocks.get(network);
    if (block === undefined) {
      block = { next: 0, end: 0, following: undefined, leasing: undefined };
      blocks.set(network, block);
    }
    return block;
  }

  function refill(network: string, block: Block): Promise<void> {
    block.leasing ??= lease(network)
      .then((range) => {
        if (block.next >= block.end) Object.assign(block, range);
        else block.following = range;
      })
      .finally(() => {
        block.leasing = undefined;
      });
    return block.leasing;
  }

  return {
    ready: (network) => {
      const block = blockOf(network);
      if (block.next < block.end || block.following !== undefined) {
        // Ahead of need; a failure shows when the numbers run out.
        if (block.following === undefined && block.end - block.next < numbersLeftMin)
          refill(network, block).catch(() => {});
        return undefined;
      }
      return refill(network, block);
    },
    take: (network) => {
      const block = blockOf(network);
      if (block.next >= block.end && block.following !== undefined) {
        Object.assign(block, block.following);
        block.following = undefined;
      }
      if (block.next >= block.end)
        throw new Fault('OVERLOADED', 'No sequence numbers are at hand.', { retryAfterMs: 100 });
      return referencesOf(block.next++, clock.nowMs());
    },
  };
}

/**
 * The references of number n: STAN is 1 to 999999 and comes round, RRN is the last digit of the year, the day of the year and 8 base-36
 * digits of n (ISO 8583:1987 DE37: 12 characters; the first four are YDDD by custom of the networks).
 */
export function referencesOf(n: number, nowMs: number): References {
  const at = new Date(nowMs);
  const dayOfYear = Math.floor(
    (Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()) - Date.UTC(at.getUTCFullYear(), 0, 0)) /
      86_400_000,
  );
  return {
    stan: ((n % 999_999) + 1).toString().padStart(6, '0'),
    rrn: `${at.getUTCFullYear() % 10}${dayOfYear.toString().padStart(3, '0')}${n.toString(36).toUpperCase().padStart(8, '0')}`,
    transmissionTime: transmissionTime(nowMs),
  };
}
