// What the payment core has to do, written a second time and as simply as possible: no I/O, no identifiers, no references. The program
// runner holds every commit of the core against it. Deliberately shares no code with core-grpc/payments.
import type { AttemptKind, AttemptStatus, IntentStatus } from '../payments/model.ts';

/** An intent as the specification sees it. */
export interface SpecIntent {
  readonly version: number;
  readonly status: IntentStatus;
  readonly amount: bigint;
  readonly held: bigint;
  readonly captured: bigint;
  readonly refunded: bigint;
  /** The attempt on its way or unknown. */
  readonly live: string | undefined;
}

/** What a caller asks of an intent; 0 is all that is left. */
export type SpecAsk =
  | { readonly call: 'payAgain' }
  | { readonly call: 'capture'; readonly minor: bigint }
  | { readonly call: 'increment'; readonly minor: bigint }
  | { readonly call: 'refund'; readonly minor: bigint }
  | { readonly call: 'cancel' };

/** What begins, or why not. */
export type Begun =
  | { readonly refused: 'INVALID_STATE' | 'AMOUNT_EXCEEDED' | 'PENDING_VERIFICATION' }
  | { readonly kinds: readonly AttemptKind[]; readonly amount: bigint; readonly status: IntentStatus }
  | { readonly kinds: 'none'; readonly status: IntentStatus };

/** Sentences of the product: which operation may begin when. */
export function begin(intent: SpecIntent, ask: SpecAsk): Begun {
  const no = { refused: 'INVALID_STATE' } as const;
  const tooMuch = { refused: 'AMOUNT_EXCEEDED' } as const;
  if (intent.live !== undefined) return { refused: 'PENDING_VERIFICATION' };
  switch (ask.call) {
    case 'payAgain':
      // An intent of amount 0 checked a card: there is nothing to pay.
      if (intent.status !== 'CREATED' || intent.amount === 0n) return no;
      return { kinds: ['PURCHASE', 'AUTHORIZATION'], amount: intent.amount, status: 'PROCESSING' };
    case 'capture': {
      if (intent.status !== 'AUTHORIZED') return no;
      const amount = ask.minor === 0n ? intent.held : ask.minor;
      if (amount > intent.held || intent.held === 0n) return tooMuch;
      return { kinds: ['CAPTURE'], amount, status: 'AUTHORIZED' };
    }
    case 'increment':
      if (intent.status !== 'AUTHORIZED') return no;
      return { kinds: ['INCREMENT'], amount: ask.minor, status: 'AUTHORIZED' };
    case 'refund': {
      if (intent.status !== 'AUTHORIZED' && intent.status !== 'SUCCEEDED') return no;
      const left = intent.captured - intent.refunded;
      const amount = ask.minor === 0n ? left : ask.minor;
      if (amount > left || left === 0n) return tooMuch;
      return { kinds: ['REFUND'], amount, status: intent.status };
    }
    case 'cancel':
      if (intent.status === 'CREATED') return { kinds: 'none', status: 'CANCELED' };
      // What a final capture left stays held where the network refused to give it back.
      if (intent.status !== 'AUTHORIZED' && (intent.status !== 'SUCCEEDED' || intent.held === 0n)) return no;
      return { kinds: ['VOID'], amount: intent.held, status: intent.status };
  }
}

/** The intent after an attempt of this kind succeeded for this amount. */
export function succeed(intent: SpecIntent, kind: AttemptKind, amount: bigint, final: boolean): SpecIntent {
  const after = { ...intent, live: undefined };
  switch (kind) {
    case 'PURCHASE':
      return { ...after, status: 'SUCCEEDED', captured: amount };
    case 'AUTHORIZATION':
      return { ...after, status: 'AUTHORIZED', held: amount };
    case 'INCREMENT':
      return { ...after, amount: intent.amount + amount, held: intent.held + amount };
    case 'CAPTURE': {
      const held = intent.held - amount;
      const status = final || held === 0n ? 'SUCCEEDED' : 'AUTHORIZED';
      return { ...after, status, held, captured: intent.captured + amount };
    }
    case 'VOID':
      return { ...after, status: intent.captured > 0n ? 'SUCCEEDED' : 'CANCELED', held: 0n };
    case 'REFUND':
      return { ...after, refunded: intent.refunded + amount };
    case 'VERIFICATION':
    case 'BALANCE':
      return { ...after, status: 'SUCCEEDED' };
  }
}

/** Networks that one call may try. */
const networksMax = 3;

/** A payment or check that was proved not sent goes on by another network, in the same call: which of those it has not tried. */
export function othersFor(
  intent: SpecIntent,
  kind: AttemptKind,
  networks: readonly string[],
  tried: readonly string[],
): string[] {
  const charge = kind === 'PURCHASE' || kind === 'AUTHORIZATION' || kind === 'VERIFICATION' || kind === 'BALANCE';
  if (!charge || intent.status !== 'PROCESSING' || tried.length >= networksMax) return [];
  return networks.filter((network) => !tried.includes(network));
}

/** The intent after its live attempt ended without effect. */
export function release(intent: SpecIntent): SpecIntent {
  return { ...intent, status: intent.status === 'PROCESSING' ? 'CREATED' : intent.status, live: undefined };
}

/** A capture or a void is an advice: repeated until it is acknowledged. Everything else is a request: reversed when it is unknown. */
export function advice(kind: AttemptKind): boolean {
  return kind === 'CAPTURE' || kind === 'VOID';
}

/** Statuses in which the attempt waits for evidence. */
export function unknown(status: AttemptStatus): boolean {
  return status === 'PENDING_VERIFICATION' || status === 'REVERSING' || status === 'NEEDS_REVIEW';
}

/** How long the network of a program lets a hold live, microseconds: it has no rule of its own, so seven days. */
const validityUs = 7n * 86_400_000_000n;

/** True if what an authorisation of this time still holds may be given back by the core itself. */
export function expired(madeUs: bigint, nowUs: bigint): boolean {
  return nowUs >= madeUs + validityUs;
}

/** A person's signature under a decision. */
export interface Signature {
  readonly decision: string;
  readonly operator: string;
}

/**
 * True if what people signed since the attempt waits for them carries a decision out: two of them in a row about money, one to try again.
 * Another proposal may have come between the second signature and its effect.
 */
export function signed(signatures: readonly Signature[], decision: string): boolean {
  let people = new Set<string>();
  return signatures.some((one) => {
    people = one.decision === decision ? people.add(one.operator) : new Set();
    return people.size >= (decision === 'RETRY' ? 1 : 2);
  });
}

/** What a merchant of the model pays: 1 % and 10 minor units. Amounts of the model are whole hundreds. */
export function fee(amount: bigint): bigint {
  return amount / 100n + 10n;
}

/** Balances that an intent's success must leave in the ledger, by account code; debits are positive. */
export function booked(kind: AttemptKind, amount: bigint): ReadonlyMap<number, bigint> {
  const lines = new Map<number, bigint>();
  const add = (account: number, minor: bigint): void => {
    lines.set(account, (lines.get(account) ?? 0n) + minor);
  };
  if (kind === 'AUTHORIZATION' || kind === 'INCREMENT') {
    add(4, amount);
    add(5, -amount);
  }
  if (kind === 'CAPTURE' || kind === 'VOID') {
    add(4, -amount);
    add(5, amount);
  }
  if (kind === 'PURCHASE' || kind === 'CAPTURE') {
    add(1, amount);
    add(2, fee(amount) - amount);
    add(3, -fee(amount));
  }
  if (kind === 'REFUND') {
    add(1, -amount);
    add(2, amount);
  }
  return lines;
}
