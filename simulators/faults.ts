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
  'clock-skew': "The answer's times are an hour ahead: the network's clock is wrong.",
  'wrong-mac': 'The answer carries a wrong MAC (networks with MACs).',
  'no-mac': 'The answer carries no MAC (networks with MACs).',
  delay: 'The answer comes a little later (half the reply time-out).',
  corrupt: 'Decided and booked; the answer is bytes that no dialect can read.',
  reorder: 'The answer comes after others that were asked for later (20 ms).',
  split: 'The answer comes in two pieces, 20 ms apart.',
  'half-open':
    'Decided and booked; then the connection stays open and says nothing more, to this and to everything else.',
  crash: 'Decided and booked; then the simulator ends as if killed.',
} as const;

/** A kind of fault. */
export type FaultKind = keyof typeof faultKinds;

/** What shall go wrong with one request. */
export interface Fault {
  readonly kind: FaultKind;
  /** For `decline`. */
  readonly de39?: string;
  /** Asked for by the amount: what was booked before is answered all the same, which is how the sender gets out. */
  readonly once?: true;
}

/** A random rule: this share of the requests gets this fault. */
export interface FaultRule {
  /** 0 to 1. */
  readonly rate: number;
  readonly kind: FaultKind;
  /** Only this MTI; absent for every one that is not a repeat. */
  readonly mti?: string;
  /** Only cards whose number starts so. */
  readonly bin?: string;
  /** Only this terminal (DE41, without padding). */
  readonly terminal?: string;
  /** Only amounts from, to (both inclusive), minor units. */
  readonly from?: number;
  readonly to?: number;
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
  { from: 907, to: 907, kind: 'clock-skew', mtis: requestsAndAdvices },
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
  if (trigger.kind !== 'decline') return { kind: trigger.kind, once: true };
  const de39 = String(last % 100).padStart(2, '0');
  return approving.includes(de39) ? undefined : { kind: 'decline', de39, once: true };
}

/** What a rule may look at. `mti` is as received: a repeat has its own. */
export interface Drawn {
  readonly mti: string;
  readonly pan: string;
  readonly terminal: string;
  readonly amountMinor: bigint;
}

function concerns(rule: FaultRule, request: Drawn): boolean {
  if (rule.mti === undefined ? request.mti.endsWith('1') : rule.mti !== request.mti) return false;
  if (rule.bin !== undefined && !request.pan.startsWith(rule.bin)) return false;
  if (rule.terminal !== undefined && request.terminal.trimEnd() !== rule.terminal) return false;
  if (rule.from !== undefined && request.amountMinor < BigInt(rule.from)) return false;
  return rule.to === undefined || request.amountMinor <= BigInt(rule.to);
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
  draw(request: Drawn): Fault | undefined {
    for (const rule of this.rules) {
      if (!concerns(rule, request)) continue;
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
    const rule = one as Record<string, unknown>;
    for (const [name, value] of Object.entries(rule)) {
      const check = ruleFields[name];
      if (check === undefined) return `a rule has ${Object.keys(ruleFields).join(', ')}, not ${name}`;
      if (!check.holds(value)) return `${name} must be ${check.says}`;
    }
    if (rule['rate'] === undefined || rule['kind'] === undefined) return 'a rule must have rate and kind';
    rules.push(rule as unknown as FaultRule);
  }
  return rules;
}

interface FieldCheck {
  readonly holds: (value: unknown) => boolean;
  readonly says: string;
}

const textOf = (pattern: RegExp, says: string): FieldCheck => ({
  holds: (value) => typeof value === 'string' && pattern.test(value),
  says,
});
const amount: FieldCheck = {
  holds: (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0,
  says: 'minor units, a whole number',
};

const ruleFields: Readonly<Record<string, FieldCheck>> = {
  rate: { holds: (value) => typeof value === 'number' && value >= 0 && value <= 1, says: 'a number from 0 to 1' },
  kind: {
    holds: (value) => typeof value === 'string' && Object.hasOwn(faultKinds, value),
    says: `one of ${Object.keys(faultKinds).join(', ')}`,
  },
  mti: textOf(/^\d{4}$/, 'four digits'),
  de39: textOf(/^[0-9A-Z]{2}$/, 'two characters'),
  bin: textOf(/^\d{1,19}$/, 'the first digits of a card number'),
  terminal: textOf(/^[ -~]{1,8}$/, 'at most eight characters'),
  from: amount,
  to: amount,
};

/** Rules at once: each costs a draw per request. */
const faultRulesMax = 32;
