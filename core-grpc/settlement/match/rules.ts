// How a line finds its attempt, as data. The order is the priority; a rule only sees lines and attempts that the rules before it left.

/** What a line and an attempt are compared by. */
export type Key = 'network_reference' | 'rrn' | 'arn' | 'terminal_id' | 'authorization_code' | 'card';

/** A rule. */
export interface Rule {
  /** As stored with the match and shown to people. */
  readonly name: string;
  /** All must be there on both sides and be equal. */
  readonly keys: readonly Key[];
  /** How far the amounts may differ, minor units. Schemes' tips and fuel allowances would be here; ours is exact. */
  readonly toleranceMinor: bigint;
  /** True for rules that see only attempts whose answer never came: the network gave those no name that we know. */
  readonly unanswered?: true;
  /** True for rules by a name that an attempt gets by its clearing: only lines about what cleared (disputes, what is taken back) use them. */
  readonly cleared?: true;
  /** Why the rule stands where it stands. */
  readonly why: string;
}

/** The rules, strongest first. The currency and the direction of the money must always agree. */
export const rules: readonly Rule[] = [
  {
    name: 'reference-rrn',
    keys: ['network_reference', 'rrn'],
    toleranceMinor: 0n,
    why: 'both sides gave the payment a name, and both names agree',
  },
  {
    name: 'rrn-terminal',
    keys: ['rrn', 'terminal_id'],
    toleranceMinor: 0n,
    why: 'our own name of the payment; all there is when the answer was lost',
  },
  {
    name: 'rrn-card',
    keys: ['rrn', 'card'],
    toleranceMinor: 0n,
    why: 'as before, for lines that name no terminal: chargebacks of GRRCN, CSVs of gateways',
  },
  {
    name: 'reference',
    keys: ['network_reference'],
    toleranceMinor: 0n,
    why: 'captures of one authorisation share it, so it is below our own name',
  },
  {
    name: 'arn',
    keys: ['arn'],
    toleranceMinor: 0n,
    cleared: true,
    why: 'the acquirer reference number of the line that cleared it: all that a chargeback without other names has',
  },
  {
    name: 'code-card',
    keys: ['authorization_code', 'card'],
    toleranceMinor: 0n,
    why: 'authorisation codes repeat; with card, amount and time they rarely do',
  },
  {
    name: 'card-terminal',
    keys: ['card', 'terminal_id'],
    toleranceMinor: 0n,
    unanswered: true,
    why: 'BASE II carries no name of ours, and the answer with theirs was lost: card, terminal, amount and day are all there is',
  },
];

/** What names an attempt when the amount does not agree, strongest first: tells the reason of an exception, matches nothing. */
export const identities: ReadonlyArray<readonly Key[]> = [
  ['network_reference', 'rrn'],
  ['rrn', 'terminal_id'],
  ['rrn'],
  ['network_reference'],
  ['arn'],
];

/** The condition that line `w` and attempt `c` agree by the keys. */
export function agree(keys: readonly Key[]): string {
  return keys.map((key) => agreement[key]).join(' and ');
}

/** The condition that attempt `c` is one that the rule sees. */
export function sees(rule: Rule): string {
  return rule.unanswered === true ? "c.authorization_code = '' and c.network_reference = ''" : 'true';
}

const agreement: Readonly<Record<Key, string>> = {
  network_reference: "w.network_reference = c.network_reference and w.network_reference <> ''",
  arn: "w.arn = c.arn and w.arn <> ''",
  rrn: "w.rrn = c.rrn and w.rrn <> ''",
  terminal_id: "w.terminal_id = c.terminal_id and w.terminal_id <> ''",
  authorization_code: "w.authorization_code = c.authorization_code and w.authorization_code <> ''",
  // A fingerprint is the card itself; without one the digits that may be shown must do.
  card: '(w.fingerprint = c.fingerprint or (w.fingerprint is null and left(w.masked_pan, 6) = left(c.bin, 6) and right(w.masked_pan, 4) = c.last4))',
};
