// A core of a program as a process: the real flows over a store, a gateway, an HSM and a clock of the program. When it is killed, nothing
// that it waited for ever comes back.
import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Clock } from '../../common/clock.ts';
import { Fault } from '../../common/errors.ts';
import { silentLog } from '../../common/log.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import type { CardHsm } from '../flow/cards.ts';
import { type Core, nowUsOf } from '../flow/core.ts';
import { assembleCore } from '../start.ts';
import type { Merchant, Merchants } from '../store/merchants.ts';
import { storeFault } from '../store/pool.ts';
import type { Instances, ModelInstance } from './instances.ts';
import type { Backend, Io } from './io.ts';

/** A core that runs, or ran. */
export interface Process {
  readonly number: number;
  readonly core: Core;
  readonly instance: ModelInstance;
  readonly clock: ModelClock;
  alive: boolean;
  /** Late answers that it took and has not stored yet, by attempt. */
  readonly takingLate: Map<Promise<void>, string>;
}

/** The clock of a core: the world's time and what its own is off. */
export interface ModelClock extends Clock {
  jump(ms: number): void;
}

export interface ProcessParts {
  readonly number: number;
  readonly io: Io;
  readonly backend: Backend;
  readonly instances: Instances;
  readonly dispatcher: (alive: () => boolean) => Dispatcher;
  readonly merchants: ReadonlyMap<string, Merchant>;
  readonly worldMs: () => number;
  readonly passTime: (ms: number) => void;
}

/** Starts a core. */
export function startProcess(parts: ProcessParts): Process {
  const { number, io } = parts;
  const clock = clockOf(parts.worldMs);
  const open = new Map<string, bigint>();
  const instance = parts.instances.register(
    number,
    () => nowUsOf({ clock }),
    () => open.values().next().value,
  );
  const pool = poolOf(io, parts.backend, number);
  const self: Process = {
    number,
    instance,
    clock,
    alive: true,
    takingLate: new Map(),
    core: assembleCore({
      clock,
      log: silentLog,
      wait: (ms) =>
        new Promise((resolve) => {
          io.later(number, `waits ${ms} ms`, () => {
            parts.passTime(ms);
            resolve();
          });
        }),
      pools: { bulk: pool, keyed: pool, single: {}, close: () => Promise.resolve() },
      merchants: merchantsOf(parts.merchants, io, number),
      instance,
      dispatcher: parts.dispatcher(() => self.alive),
      open,
      hsm: hsmOf(io, number),
    }),
  };
  return self;
}

function clockOf(worldMs: () => number): ModelClock {
  let offMs = 0;
  const nowMs = (): number => worldMs() + offMs;
  return {
    nowMs,
    nowUs: () => BigInt(Math.trunc(nowMs())) * 1000n,
    monotonicMs: worldMs,
    jump: (ms) => {
      offMs = ms;
    },
  };
}

/** A pool whose statements happen when the scheduler says so. */
function poolOf(io: Io, backend: Backend, core: number): pg.Pool {
  const query = (given: pg.QueryConfig | string): Promise<{ rows: unknown[]; rowCount: number }> => {
    const config = typeof given === 'string' ? { name: given, text: given } : given;
    return io
      .store(core, config.name ?? config.text, () => backend.run(config))
      .then((rows) => ({ rows, rowCount: rows.length }));
  };
  const client = { query, release: () => {} };
  return { query, connect: () => Promise.resolve(client) } as unknown as pg.Pool;
}

function merchantsOf(all: ReadonlyMap<string, Merchant>, io: Io, core: number): Merchants {
  const known = new Set<string>();
  const refuse = (): Promise<never> => Promise.reject(new Error('a program does not change merchants'));
  return {
    cached: (merchantId) => (known.has(merchantId.toString('hex')) ? all.get(merchantId.toString('hex')) : undefined),
    get: async (merchantId) => {
      const name = merchantId.toString('hex');
      const merchant = await io
        .store(core, 'merchant', () => all.get(name))
        .catch((error: unknown) => {
          throw storeFault(error);
        });
      if (merchant === undefined) throw new Fault('NOT_FOUND', 'There is no such merchant.');
      known.add(name);
      return merchant;
    },
    list: refuse,
    create: refuse,
    update: refuse,
    forget: () => known.clear(),
  };
}

/** The same text is the same card; a text that does not begin with `good` is none. */
function hsmOf(io: Io, core: number): CardHsm {
  return {
    seal: async (_merchantId, card) => {
      const jwe = card.kind === 'jwe' ? card.jwe : '';
      await io.hsm(core);
      if (!jwe.startsWith('good')) throw new Fault('INVALID_CARD', 'The card data could not be read.');
      const fingerprint = createHash('sha256').update(jwe).digest();
      return { fingerprint, vault: fingerprint, bin: '41111111', last4: '1111', expiryYymm: '3012' };
    },
    cardKey: () => Promise.resolve('{}'),
  };
}
