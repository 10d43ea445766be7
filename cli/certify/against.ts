// certify run --against: our gateway, in a system of its own, judged at a network host that is not ours. We stand between the two.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDialect } from '../../acquirer-gateway/iso8583/index.ts';
import { systemClock } from '../../common/clock.ts';
import { Between } from '../../simulators/certify/between.ts';
import { lackingAtHost } from '../../simulators/certify/lacking.ts';
import type { Pack } from '../../simulators/certify/pack.ts';
import type { Director } from '../../simulators/certify/run.ts';
import { Script } from '../../simulators/certify/script.ts';
import { stateFolder } from '../info.ts';
import { startSystem } from '../up/system.ts';
import { addressOf, cardsOf, framingOf, type OutsideOptions, tlsOf } from './outside-options.ts';
import { judgeSystem, type Played } from './system.ts';

/**
 * Starts the system and the place between it and the host. With `stateDir` the system is the one of that folder, which must not run and whose HSM
 * holds the keys that the host shares; without it a new one, which goes afterwards.
 */
export async function playedAgainst(pack: Pack, options: OutsideOptions & { stateDir?: string }): Promise<Played> {
  const target = addressOf(options.against ?? '', '--against');
  const { replyTimeout: replyTimeoutMs, mac = false } = options;
  const framing = framingOf(options);
  const cards = cardsOf(options);
  const between = new Between({
    dialect: loadDialect(pack.specification),
    framing,
    target: { ...target, serverName: options.serverName ?? target.host },
    tls: tlsOf(options),
    replyTimeoutMs,
    clock: systemClock,
    onTrouble: (cause) => void process.stderr.write(`host ${options.against ?? ''}: ${cause}\n`),
  });
  const simnetAt = { port: await between.listen(), framing: framing.name };
  const temporary = options.stateDir === undefined;
  const stateDir = temporary ? mkdtempSync(join(tmpdir(), 'ce-certify-')) : stateFolder(options.stateDir);
  process.stderr.write(`starting a system whose gateway dials ${options.against ?? ''}\n`);
  const stop: Array<() => Promise<void> | void> = [
    () => between.close(),
    () => {
      if (temporary) rmSync(stateDir, { recursive: true, force: true });
    },
  ];
  const close = async (): Promise<void> => {
    for (const one of stop) await one();
  };
  try {
    const { specification: dialect } = pack;
    const system = await startSystem({ stateDir, temporary, logLevel: 'warn', replyTimeoutMs, dialect, mac, simnetAt });
    stop.unshift(() => system.stop());
    const judged = await judgeSystem(system.info, pack.network, cards);
    stop.unshift(() => judged.close());
    const leaveOut = (one: Pack['cases'][number]): string | undefined => lackingAtHost(one, { mac });
    return { director: directorBetween(between), makeSide: judged.makeSide, leaveOut, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The place between as a director: what it saw is judged; the issuer's books are not ours to look into. */
export function directorBetween(between: Between): Director {
  return {
    begin: (expectations) => {
      between.script = new Script(expectations, systemClock);
      return Promise.resolve();
    },
    judged: () => Promise.resolve(between.script?.messages ?? []),
    standing: () => Promise.resolve(undefined),
    network: (action) => between.act(action),
    end: () => {
      between.script = undefined;
      return Promise.resolve();
    },
  };
}
