// Changes of what our side writes, each of which a pack must catch and name: the proof that a pack can fail. Pure: which changes there are
// follows from what the pack judges, a seed chooses among them.
import type { FieldValue, Message, MessageInput } from '../../acquirer-gateway/iso8583/index.ts';
import type { Case, Expectation, Pack } from './pack.ts';

/** Every kind of change. */
export const mutationKinds = {
  'drop-field': 'a field is left out',
  'change-value': 'a digit of a field is another',
  'change-echo': 'a field that must repeat an earlier message does not',
  'change-original': 'the reference to the original (DE90, DE56) names another message',
  'reuse-stan': 'DE11 is the one of the first message of the case',
  'add-field':
    'a field is sent that must not be there (card data after the authorisation, an unmasked card number in chip data)',
  'other-mti': 'the message type is another',
  'wrong-mac': 'the MAC is another',
  'lost-mac': 'the MAC is left out',
  'lost-repeat-flag': 'a repeat looks like a first sending',
  'missing-message': 'the message is not sent',
  'message-twice': 'the message is sent twice',
  'early-reversal': 'the reversal goes out at once, without waiting for the answer',
} as const;
export type MutationKind = keyof typeof mutationKinds;

/** One change, in one case. */
export interface Mutation {
  readonly kind: MutationKind;
  readonly case: string;
  /** Which message of the case, from 0. */
  readonly message: number;
  /** The field, for the kinds that change one. */
  readonly path?: string;
  /** What the pack must name: the path of a finding, `mti`, `time`, `mac`, `missing` or `unexpected`. */
  readonly named: string;
}

/** Values for fields that must not be there. Published test numbers. */
const intruders: Readonly<Record<string, string>> = {
  '14': '3012',
  '35': '4111111111111111D30122010000000000',
  '38': '123456',
  '39': '00',
  '48.92': '123',
  '52': '0000000000000000',
  '54': '0040978D000000000100',
  '55.5A': '4111111111111111',
  '55.57': '4111111111111111D30122010000000000',
  '90': '0'.repeat(42),
  '95': `${'0'.repeat(24)}D00000000D00000000`,
};

/** Fields whose changed value would not be seen: the message could not be read, or the value is not shown. */
const unchangeable = /^(35|45|52|55(\..*)?|128|64)$/;

/** References to an original, by dialect generation. */
const originalPaths = ['90', '56'];

/** Every change that the pack has to catch. */
export function allMutations(pack: Pack): Mutation[] {
  return pack.cases.flatMap((one) => mutationsOf(one));
}

function mutationsOf(one: Case): Mutation[] {
  const expectations = one.steps.filter((step) => step.step === 'expect');
  return expectations.flatMap((expectation, message) => {
    const at = (kind: MutationKind, named: string, path?: string): Mutation => ({
      kind,
      case: one.name,
      message,
      named,
      ...(path === undefined ? {} : { path }),
    });
    const found = fieldMutations(expectation, message, at);
    if (expectation.mti[1] === '8') return found;
    found.push(at('other-mti', 'mti'), at('message-twice', 'unexpected'));
    if (/^.[24]21$/.test(expectation.mti)) found.push(at('lost-repeat-flag', 'mti'));
    found.push(at('missing-message', 'missing'));
    if (one.needs?.includes('mac') === true) found.push(at('wrong-mac', 'mac'), at('lost-mac', 'mac'));
    if (message > 0 && expectation.mti[1] === '4' && expectation.afterMs !== undefined)
      found.push(at('early-reversal', 'time'));
    return found;
  });
}

function fieldMutations(
  expectation: Expectation,
  message: number,
  at: (kind: MutationKind, named: string, path?: string) => Mutation,
): Mutation[] {
  const found: Mutation[] = [];
  for (const [path, rule] of Object.entries(expectation.fields)) {
    if (rule === 'absent') {
      if (intruders[path] !== undefined) found.push(at('add-field', path, path));
      continue;
    }
    found.push(at('drop-field', path, path));
    // `now` and `within` allow a digit of difference: that is what they are for.
    if (rule === 'present' || /^(now|within)\b/.test(rule) || unchangeable.test(path)) continue;
    if (rule.startsWith('/')) {
      if (message > 0 && path === '11' && rule.includes('{1.11}')) found.push(at('reuse-stan', path, path));
      continue;
    }
    const kind = originalPaths.includes(path)
      ? 'change-original'
      : /\{\d+\./.test(rule)
        ? 'change-echo'
        : 'change-value';
    found.push(at(kind, path, path));
  }
  return found;
}

/** So many changes, spread over the kinds; the same seed gives the same ones. */
export function chooseMutations(pack: Pack, count: number, random: () => number): Mutation[] {
  const byKind = new Map<MutationKind, Mutation[]>();
  for (const mutation of allMutations(pack)) {
    const known = byKind.get(mutation.kind);
    if (known === undefined) byKind.set(mutation.kind, [mutation]);
    else known.push(mutation);
  }
  const chosen: Mutation[] = [];
  while (chosen.length < count && byKind.size > 0) {
    for (const [kind, left] of byKind) {
      if (chosen.length >= count) break;
      const [one] = left.splice(Math.floor(random() * left.length), 1);
      if (one !== undefined) chosen.push(one);
      if (left.length === 0) byKind.delete(kind);
    }
  }
  return chosen;
}

/** A sentence for people. */
export function mutationText({ kind, message, path }: Mutation): string {
  return `${mutationKinds[kind]}: ${path === undefined ? '' : `DE${path} of `}message ${message + 1}`;
}

/** Plays one change on what the host receives: the place of a proxy between our side and the network. */
export class Mutator {
  private readonly mutation: Mutation;
  private readonly received: Message[] = [];
  private made = false;
  private damaged = false;

  constructor(mutation: Mutation) {
    this.mutation = mutation;
  }

  /** What the network receives in place of a message: undefined for the message as it is, or the messages that take its place. */
  take(message: Message): readonly MessageInput[] | undefined {
    const n = this.received.length;
    this.received.push(message);
    const { kind, message: wanted } = this.mutation;
    if (kind === 'wrong-mac' || kind === 'lost-mac') return undefined;
    if (kind === 'early-reversal') return this.earlyReversal(message, n);
    if (n !== wanted) {
      // A message that was swallowed stays swallowed: our side repeats what it must.
      return kind === 'missing-message' && n > wanted ? [] : undefined;
    }
    if (kind === 'missing-message') return [];
    const input = message.toInput();
    if (kind === 'message-twice') return [input, input];
    if (kind === 'other-mti') return [{ ...input, mti: otherMti(input.mti) }];
    if (kind === 'lost-repeat-flag') return [{ ...input, mti: `${input.mti.slice(0, 3)}0` }];
    return [{ mti: input.mti, fields: this.changed(input, message) }];
  }

  /** The change to make to the MAC of the next message, before it is checked. */
  damagesMac(): 'wrong-mac' | 'lost-mac' | undefined {
    const { kind, message } = this.mutation;
    const mine = kind === 'wrong-mac' || kind === 'lost-mac';
    if (!mine || this.damaged || this.received.length !== message) return undefined;
    this.damaged = true;
    return kind;
  }

  private changed(input: MessageInput, message: Message): MessageInput['fields'] {
    const { kind, path = '' } = this.mutation;
    const [field = '', ...subs] = path.split('.');
    const now = message.get(path);
    const value =
      kind === 'drop-field' ? undefined : kind === 'reuse-stan' ? this.received[0]?.get(path) : this.newValue(now);
    const { [field]: whole, ...others } = input.fields;
    const changed = subs.length === 0 ? value : withSubfield(whole, subs, value);
    return changed === undefined ? others : { ...others, [field]: changed };
  }

  private newValue(now: string | undefined): string | undefined {
    const { kind, path = '' } = this.mutation;
    if (kind === 'add-field') return intruders[path];
    return now === undefined ? undefined : otherDigit(now, kind === 'change-original');
  }

  /** The original goes on, and its reversal with it; our side's own reversal, which comes later, is swallowed. */
  private earlyReversal(message: Message, n: number): readonly MessageInput[] | undefined {
    const { message: wanted } = this.mutation;
    if (n < wanted - 1) return undefined;
    if (n >= wanted) return [];
    this.made = true;
    const { mti, fields } = message.toInput();
    const kept = Object.entries(fields).filter(([path]) => !['14', '35', '48', '52', '53', '55'].includes(path));
    return [
      { mti, fields },
      { mti: `${mti[0] ?? '0'}420`, fields: Object.fromEntries(kept) },
    ];
  }

  /** True if the change was of a kind that had its chance. */
  get played(): boolean {
    return this.made || this.received.length > this.mutation.message;
  }
}

/** 0100 becomes 0200 and everything else 0100, in the version of the message. */
function otherMti(mti: string): string {
  return mti[1] === '1' ? `${mti[0] ?? '0'}2${mti.slice(2)}` : `${mti[0] ?? '0'}100`;
}

/** The last digit one higher; in a reference to an original, a digit of its STAN. */
function otherDigit(text: string, original: boolean): string {
  const at = original ? 9 : text.search(/\d(?=\D*$)/);
  if (at < 0) return `${text.slice(0, -1)}${text.endsWith('X') ? 'Y' : 'X'}`;
  return text.slice(0, at) + String((Number(text[at]) + 1) % 10) + text.slice(at + 1);
}

/** The composite with one subfield changed, added or, without a value, left out; undefined when nothing is left of it. */
function withSubfield(
  whole: FieldValue | undefined,
  [sub = '', ...deeper]: readonly string[],
  value: string | undefined,
): FieldValue | undefined {
  const pairs: Array<readonly [string, FieldValue]> = Array.isArray(whole)
    ? [...(whole as ReadonlyArray<readonly [string, FieldValue]>)]
    : [];
  const at = pairs.findIndex(([name]) => name === sub);
  const changed = deeper.length === 0 ? value : withSubfield(pairs[at]?.[1], deeper, value);
  if (at >= 0) pairs.splice(at, 1, ...(changed === undefined ? [] : [[sub, changed] as const]));
  else if (changed !== undefined) pairs.push([sub, changed]);
  return pairs.length === 0 ? undefined : pairs;
}
