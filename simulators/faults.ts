// What goes wrong on purpose: by the amount (docs/test-cards.md), or at random by seeded rules.

/** Every fault. */
export const faultKinds = {
  decline: 'Declined with a given DE39.',
  half: 'Half of the amount is approved (DE39 10).',
  'lose-answer': 'Decided and booked; no answer.',
  'late-answer': 'Decided and booked; the answer comes after twice the reply time-out.',
  'answer-twice': 'The answer is sent twice.',
  drop: 'The request is dropped: nothing is booked, no answer.',
  reset: 'Decided and booked; then the connection is reset.',
  'wrong-stan': 'The answer carries another DE11.',
  delay: 'The answer comes a little later (half the reply time-out).',
  corrupt: 'Decided and booked; the answer is bytes that no dialect can read.',
} as const;

/** A kind of fault. */
export type FaultKind = keyof typeof faultKinds;

/** What shall go wrong with one request. */
export interface Fault {
  readonly kind: FaultKind;
  /** For `decline`. */
  readonly de39?: string;
}

/** A random rule: this share of the requests gets this fault. */
export interface FaultRule {
  /** 0 to 1. */
  readonly rate: number;
  readonly kind: FaultKind;
  /** Only this MTI; absent for every one that is not a repeat. */
  readonly mti?: string;
  /** For `decline`; default 05. */
  readonly de39?: string;
}

interface Trigger {
  /** Minor units modulo 1000, both inclusive. */
  readonly from: number;
  readonly to: number;
  readonly kind: FaultKind;
  readonly mtis: readonly string[];
}

const requests: readonly string[] = ['0100', '0200'];
const requestsAndAdvices: readonly string[] = ['0100', '0200', '0220'];

/** The triggers by amount. A repeat (x121, x221) never triggers: it is how the sender gets out of the fault. */
export const triggers: readonly Trigger[] = [
  { from: 800, to: 899, kind: 'decline', mtis: requests },
  { from: 901, to: 901, kind: 'lose-answer', mtis: requestsAndAdvices },
  { from: 902, to: 902, kind: 'late-answer', mtis: requestsAndAdvices },
  { from: 903, to: 903, kind: 'answer-twice', mtis: requestsAndAdvices },
  { from: 904, to: 904, kind: 'drop', mtis: requestsAndAdvices },
  { from: 905, to: 905, kind: 'reset', mtis: requestsAndAdvices },
  { from: 906, to: 906, kind: 'wrong-stan', mtis: requestsAndAdvices },
  { from: 950, to: 950, kind: 'half', mtis: requests },
];

const byLastDigits = new Map<number, Trigger>();
for (const trigger of triggers) for (let n = trigger.from; n <= trigger.to; n += 1) byLastDigits.set(n, trigger);

/** DE39 values that approve (ISO 8583:1987, table A.4): an acquirer would book them, so their amounts are ordinary ones. */
const approving: readonly string[] = ['00', '08', '10', '11', '16', '85'];

/** The fault that an amount (DE4, minor units) asks for, or undefined. */
export function faultOfAmount(mti: string, amountMinor: bigint): Fault | undefined {
  const last = Number(amountMinor % 1000n);
  if (last < 800) return undefined; // the common case, without a look-up
  const trigger = byLastDigits.get(last);
  if (trigger === undefined || !trigger.mtis.includes(mti)) return undefined;
  if (trigger.kind !== 'decline') return { kind: trigger.kind };
  const de39 = String(last % 100).padStart(2, '0');
  return approving.includes(de39) ? undefined : { kind: 'decline', de39 };
}

/** Seeded rules, drawn once per request. The same seed and the same requests give the same faults. */
export class FaultRules {
  private rules: readonly FaultRule[] = [];
  private state = 1;

  /** Replaces the rules; no rules end all random faults. */
  set(rules: readonly FaultRule[], seed: number): void {
    this.rules = rules;
    this.state = seed >>> 0;
  }

  /** The fault of this request, or undefined. */
  draw(mti: string): Fault | undefined {
    for (const rule of this.rules) {
      if (rule.mti === undefined ? mti.endsWith('1') : rule.mti !== mti) continue;
      if (this.random() >= rule.rate) continue;
      return rule.kind === 'decline' ? { kind: 'decline', de39: rule.de39 ?? '05' } : { kind: rule.kind };
    }
    return undefined;
  }

  /** mulberry32: small, seeded, even enough for faults. */
  private random(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
}

/** Reads rules from JSON (the control socket); a text says what is wrong. */
export function readFaultRules(given: unknown): readonly FaultRule[] | string {
  if (!Array.isArray(given) || given.length > faultRulesMax) return `rules must be a list of at most ${faultRulesMax}`;
  const rules: FaultRule[] = [];
  for (const one of given as readonly unknown[]) {
    if (typeof one !== 'object' || one === null) return 'a rule must be {"rate":0..1,"kind":...}';
    const { rate, kind, mti, de39 } = one as Record<string, unknown>;
    if (typeof rate !== 'number' || !(rate >= 0 && rate <= 1)) return 'rate must be a number from 0 to 1';
    if (typeof kind !== 'string' || !(kind in faultKinds))
      return `kind must be one of ${Object.keys(faultKinds).join(', ')}`;
    if (mti !== undefined && (typeof mti !== 'string' || !/^\d{4}$/.test(mti))) return 'mti must be four digits';
    if (de39 !== undefined && (typeof de39 !== 'string' || !/^[0-9A-Z]{2}$/.test(de39)))
      return 'de39 must be two characters';
    rules.push({
      rate,
      kind: kind as FaultKind,
      ...(mti === undefined ? {} : { mti }),
      ...(de39 === undefined ? {} : { de39 }),
    });
  }
  return rules;
}

/** Rules at once: each costs a draw per request. */
const faultRulesMax = 32;
