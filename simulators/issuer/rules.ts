// The issuer's rules: a table in order of precedence. The first rule that holds gives DE39; none means approved. Pure.
import { contradicts } from './authentication.ts';
import type { Card } from './cards.ts';
import { type IssuerRequest, isDebit, type RequestKind } from './request.ts';

/** Result of a check of the cryptographic kind. */
export type Check = 'absent' | 'match' | 'mismatch' | 'unavailable';

/** PINs that may be wrong in a row before the card's PIN is blocked. */
export const pinTriesMax = 3;

/** What the rules may look at. */
export interface Facts {
  readonly request: IssuerRequest;
  readonly card: Card | undefined;
  readonly pin: Check;
  readonly cvv2: Check;
  readonly chip: Check;
  /** The value of 3-D Secure. */
  readonly authentication: Check;
  /** Wrong PINs in a row before this one. */
  readonly wrongPins: number;
  readonly availableMinor: bigint;
  /** Debits approved for the account in this settlement day. */
  readonly debitsToday: number;
  /** True if a reversal of this very message was acknowledged before it came. */
  readonly reversedBefore: boolean;
  /** What the original of an increment or capture stands at; undefined if there is none. */
  readonly original: { readonly approved: boolean; readonly reversed: boolean; readonly heldMinor: bigint } | undefined;
  /** Now, YYMM. */
  readonly nowYymm: string;
  /** DE39 forced by the amount or a fault rule; empty for none. */
  readonly forced: string;
  /** True if half shall be approved. */
  readonly half: boolean;
}

/** What the issuer says. */
export interface Decision {
  readonly de39: string;
  /** What is held, taken or given, minor units; zero unless approved. */
  readonly approvedMinor: bigint;
  /** Name of the rule, for books and tests. */
  readonly rule: string;
}

interface Rule {
  readonly name: string;
  readonly de39: string;
  readonly kinds?: readonly RequestKind[];
  readonly holds: (facts: Facts) => boolean;
}

const onOriginal: readonly RequestKind[] = ['increment', 'capture'];
const onCard: readonly RequestKind[] = ['authorization', 'increment', 'purchase', 'verification', 'balance'];
const debits: readonly RequestKind[] = ['authorization', 'increment', 'purchase'];

/** The table. A capture or refund is an obligation of the issuer: the card's state does not matter any more. */
export const rules: readonly Rule[] = [
  { name: 'reversed-before', de39: '12', holds: (f) => f.reversedBefore },
  { name: 'card-unknown', de39: '14', holds: (f) => f.card === undefined },
  {
    name: 'original-unknown',
    de39: '25',
    kinds: onOriginal,
    holds: (f) => f.original === undefined || !f.original.approved,
  },
  { name: 'original-reversed', de39: '12', kinds: onOriginal, holds: (f) => f.original?.reversed === true },
  {
    name: 'more-than-held',
    de39: '13',
    kinds: ['capture'],
    holds: (f) => f.request.amountMinor > (f.original?.heldMinor ?? 0n),
  },
  {
    name: 'zero-amount',
    de39: '13',
    kinds: [...debits, 'refund', 'capture'],
    holds: (f) => f.request.amountMinor === 0n,
  },
  { name: 'forced', de39: '', kinds: [...debits, 'refund', 'verification'], holds: (f) => f.forced !== '' },
  { name: 'expiry-past', de39: '54', kinds: onCard, holds: expiryPast },
  {
    name: 'expiry-differs',
    de39: '54',
    kinds: onCard,
    holds: (f) => f.request.expiryYymm !== '' && f.request.expiryYymm !== f.card?.expiryYymm,
  },
  {
    name: 'check-unavailable',
    de39: '91',
    kinds: onCard,
    holds: (f) => [f.pin, f.cvv2, f.chip, f.authentication].includes('unavailable'),
  },
  { name: 'cryptogram-wrong', de39: '88', kinds: onCard, holds: (f) => f.chip === 'mismatch' },
  { name: 'pin-blocked', de39: '75', kinds: onCard, holds: (f) => f.pin !== 'absent' && f.wrongPins >= pinTriesMax },
  { name: 'pin-wrong', de39: '55', kinds: onCard, holds: (f) => f.pin === 'mismatch' },
  { name: 'cvv2-wrong', de39: 'N7', kinds: onCard, holds: (f) => f.cvv2 === 'mismatch' },
  { name: 'authentication-wrong', de39: '63', kinds: onCard, holds: (f) => f.authentication === 'mismatch' },
  {
    name: 'authentication-contradicts',
    de39: '63',
    kinds: onCard,
    holds: (f) => contradicts(f.request.authentication),
  },
  { name: 'card-answers', de39: '', kinds: onCard, holds: (f) => f.card?.answers !== undefined },
  {
    name: 'velocity',
    de39: '65',
    kinds: debits,
    holds: (f) => f.card?.debitsPerDayMax !== undefined && f.debitsToday >= f.card.debitsPerDayMax,
  },
  {
    name: 'limit',
    de39: '61',
    kinds: debits,
    holds: (f) => f.card?.debitMinorMax !== undefined && f.request.amountMinor > f.card.debitMinorMax,
  },
  { name: 'funds', de39: '51', kinds: debits, holds: (f) => f.request.amountMinor > f.availableMinor && !isPartial(f) },
];

/** Less than was asked for can be approved: what is there, where the message allows it. An increment is all or nothing. */
function isPartial({ request, availableMinor }: Facts): boolean {
  const taken = request.kind === 'authorization' || request.kind === 'purchase';
  return taken && request.partialAllowed && availableMinor > 0n && request.amountMinor > availableMinor;
}

function expiryPast(facts: Facts): boolean {
  return (facts.request.expiryYymm || facts.card?.expiryYymm || '') < facts.nowYymm;
}

/** Applies the table. Total: every request gets a decision. */
export function decide(facts: Facts): Decision {
  const { request } = facts;
  for (const rule of rules) {
    if (rule.kinds !== undefined && !rule.kinds.includes(request.kind)) continue;
    if (!rule.holds(facts)) continue;
    const de39 = rule.de39 !== '' ? rule.de39 : facts.forced !== '' ? facts.forced : (facts.card?.answers ?? '05');
    return { de39, approvedMinor: 0n, rule: rule.name };
  }
  if (request.kind === 'verification') return { de39: '85', approvedMinor: 0n, rule: 'verified' };
  if (request.kind === 'balance') return { de39: '00', approvedMinor: 0n, rule: 'balance' };
  if (facts.half && isDebit(request.kind) && request.amountMinor > 1n)
    return { de39: '10', approvedMinor: request.amountMinor / 2n, rule: 'half' };
  if (isPartial(facts)) return { de39: '10', approvedMinor: facts.availableMinor, rule: 'partial' };
  return { de39: '00', approvedMinor: request.amountMinor, rule: 'approved' };
}

/** True if DE39 says that the request took effect. */
export function isApproval(de39: string): boolean {
  return de39 === '00' || de39 === '10' || de39 === '85';
}
