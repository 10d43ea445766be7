// What the gateway's bench is measured by.
import type { Figures } from './gateway-phase.ts';

/** Round trips a second that one gateway process promises. */
export const promisedPerSecond = 25_000;
const cpuUsMax = 25;
const addedP99MsMax = 2;
const idleMbMax = 100;

/** What the gateway adds to a round trip at a rate. */
export interface Added {
  readonly perSecond: number;
  readonly through: Figures;
  readonly direct: Figures;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Outcomes that were not an approval, by reason. */
  readonly wrong: Readonly<Record<string, number>>;
}

/** The difference of two phases at one rate. */
export function addedBy(
  perSecond: number,
  through: Figures,
  direct: Figures,
  wrong: ReadonlyMap<string, number>,
): Added {
  const difference = (of: 'p50Ms' | 'p99Ms'): number => (through.latency?.[of] ?? 0) - (direct.latency?.[of] ?? 0);
  return {
    perSecond,
    through,
    direct,
    p50Ms: difference('p50Ms'),
    p99Ms: difference('p99Ms'),
    wrong: Object.fromEntries(wrong),
  };
}

/** One wanted figure and what was seen. */
export interface Verdict {
  readonly wanted: string;
  readonly seen: string;
  readonly met: boolean;
}

/** Prints each wanted figure with what was seen. */
export function judge(
  bare: Figures,
  full: Figures,
  calm: readonly Added[],
  idle: { readonly links: number; readonly costMb: number } | undefined,
): Verdict[] {
  const verdicts: Verdict[] = [
    {
      wanted: `round trips a second >= ${promisedPerSecond}`,
      seen: full.perSecond.toFixed(0),
      met: full.perSecond >= promisedPerSecond,
    },
    {
      wanted: `CPU a round trip <= ${cpuUsMax} µs`,
      seen: `${full.cpuUs.toFixed(1)} µs, ${(full.cpuUs / bare.cpuUs).toFixed(0)} times a bare TLS echo of the same bytes in bulk (${bare.cpuUs.toFixed(2)} µs)`,
      met: full.cpuUs <= cpuUsMax,
    },
    ...calm.map((one) => ({
      wanted: `p99 added at ${one.perSecond}/s <= ${addedP99MsMax} ms`,
      seen: `${one.p99Ms.toFixed(2)} ms (p50 ${one.p50Ms.toFixed(2)} ms) at ${one.through.perSecond.toFixed(0)}/s; not approved: ${JSON.stringify(one.wrong)}`,
      met: one.p99Ms <= addedP99MsMax && one.through.perSecond >= 0.99 * one.perSecond,
    })),
  ];
  if (idle !== undefined)
    verdicts.push({
      wanted: `${idle.links} idle links < ${idleMbMax} MB`,
      seen: `${idle.costMb.toFixed(0)} MB`,
      met: idle.costMb < idleMbMax,
    });
  for (const { wanted, seen, met } of verdicts)
    process.stdout.write(`${met ? 'met    ' : 'NOT MET'}  ${wanted.padEnd(34)} ${seen}\n`);
  return verdicts;
}
