// A certification pack as it is played: cases of steps. What people write (packs/*.yaml) becomes this in expand.ts and read-pack.ts.
import type { FaultKind } from '../faults.ts';

/** What the network shall receive. */
export interface Expectation {
  readonly mti: string;
  /** Rules (rules.ts) by path: `2`, `48.92`, `55.9F26`. */
  readonly fields: Readonly<Record<string, string>>;
  /** How the network answers: DE39 of a decline, or a fault. As the issuer decides when absent. */
  readonly answer?: { readonly de39?: string; readonly fault?: FaultKind };
  /** Longest wait for it after the one before, ms. */
  readonly withinMs: number;
  /** It must not come sooner than this after the one before, ms. */
  readonly afterMs?: number;
}

/** The calls that our side makes: those of the core's PaymentService, and totals of a settlement day to the network. */
export const callNames = ['pay', 'capture', 'increment', 'cancel', 'refund', 'check', 'totals'] as const;

/** A call. */
export interface CallStep {
  readonly step: 'call';
  readonly call: (typeof callNames)[number];
  readonly arguments: Readonly<Record<string, string>>;
  /** The error code with which our side must refuse it; nothing may go out then. */
  readonly refused?: string;
}

/** What our side must show of a payment. Values as in the API. */
export interface StatusStep {
  readonly step: 'status';
  readonly wanted: Readonly<Partial<Record<StatusName, string>>>;
  readonly withinMs: number;
}

/** What a status step may ask for. */
export const statusNames = [
  'attempt',
  'intent',
  'reason',
  'approved',
  'code',
  'address',
  'cvv2',
  'balance',
  'held',
  'captured',
  'refunded',
  'totals',
] as const;
export type StatusName = (typeof statusNames)[number];

/** What stands at the issuer for everything that this case did. */
export interface IssuerStep {
  readonly step: 'issuer';
  readonly wanted: Readonly<Partial<Record<(typeof issuerNames)[number], string>>>;
  readonly withinMs: number;
}

/** An operator of our side does something to the links, or the network does something to them. */
export interface LinkStep {
  readonly step: 'link' | 'network';
  readonly action: string;
}

/** For so long nothing may come, ms. */
export interface QuietStep {
  readonly step: 'quiet';
  readonly ms: number;
}

export type ExpectStep = { readonly step: 'expect' } & Expectation;
export type Step = CallStep | StatusStep | IssuerStep | LinkStep | QuietStep | ExpectStep;

/** What `link` may ask of our side's gateway, and `network` of the network host. */
export const linkActions = ['sign-on', 'sign-off', 'echo', 'key-exchange', 'disconnect', 'connect'] as const;
export const networkActions = [
  'echo',
  'cut-over',
  'key-exchange',
  'mac-key-exchange',
  'sign-off',
  'advice',
  'unknown',
  'reset',
  'issuer-away',
  'issuer-back',
] as const;

/** What is not so at every network, and a case may need: messages with a MAC, or without. */
export const needNames = ['mac', 'no-mac'] as const;
export type Need = (typeof needNames)[number];

/** What an `issuer` step may ask for: amounts in minor units, and how many advices of stand-in the issuer got. */
export const issuerNames = ['held', 'taken', 'advices'] as const;

export interface Case {
  readonly name: string;
  readonly about: string;
  /** It is left out where the network does not have these. */
  readonly needs?: readonly Need[];
  readonly steps: readonly Step[];
}

export interface Pack {
  readonly name: string;
  /** The dialect's specification (acquirer-gateway/specs). */
  readonly specification: string;
  /** Network whose links are judged. */
  readonly network: string;
  /** Names of paths, for reports: `11` is `stan`. */
  readonly names: Readonly<Record<string, string>>;
  readonly cases: readonly Case[];
}

/** Every fault of a pack. */
export class PackError extends Error {
  override readonly name = 'PackError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`the pack has faults:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}
