// The judge of what real processes stored: every intent's history is worked out again by the specification (core-grpc/model/spec.ts), from
// what its callers asked and what its attempts came to. Holds when everything is at rest.
import type pg from 'pg';
import { formatId } from '../../common/ids.ts';
import { begin, booked, release, type SpecIntent, succeed } from '../../core-grpc/model/spec.ts';
import * as code from '../../core-grpc/store/codes.ts';
import { PaymentReply } from '../../proto/gen/cardedge/core/v1/payments.ts';
import type { Made } from './programs.ts';

interface VersionRow {
  readonly intent_id: string;
  readonly merchant_id: string;
  readonly version: number;
  readonly status: number;
  readonly amount_minor: string;
  readonly authorized_minor: string;
  readonly captured_minor: string;
  readonly refunded_minor: string;
  readonly live_attempt_id: string | null;
  readonly attempt_id: string | null;
  /** Of the call that began this version. */
  readonly key: string | null;
}

interface AttemptRow {
  readonly intent_id: string;
  readonly attempt_id: string;
  readonly kind: number;
  readonly amount_minor: string;
  readonly final: boolean;
  readonly version: number;
  readonly outcomes: ReadonlyArray<{
    readonly status: number;
    readonly version: number;
    readonly minor: number | null;
  }>;
}

const versionsSql = `select v.*, k.key from (
    select merchant_id, intent_id, 1 as version, status, amount_minor, 0::bigint as authorized_minor, 0::bigint as captured_minor,
           0::bigint as refunded_minor, live_attempt_id, live_attempt_id as attempt_id
    from intent where merchant_id = any($1::uuid[])
    union all
    select merchant_id, intent_id, version, status, amount_minor, authorized_minor, captured_minor, refunded_minor, live_attempt_id, attempt_id
    from intent_version where merchant_id = any($1::uuid[])) v
  left join idempotency k on (k.merchant_id, k.intent_id, k.version) = (v.merchant_id, v.intent_id, v.version)
  order by v.merchant_id, v.intent_id, v.version`;

const attemptsSql = `select a.intent_id, a.attempt_id, a.kind, a.amount_minor, a.final, a.version, coalesce(json_agg(json_build_object(
      'status', o.status, 'version', o.version, 'minor', o.approved_minor) order by o.seq) filter (where o.seq is not null), '[]') as outcomes
  from attempt a left join outcome o using (merchant_id, intent_id, attempt_id)
  where a.merchant_id = any($1::uuid[]) group by 1, 2, 3, 4, 5, 6`;

/** What does not follow from what was asked and answered. `merchantIds`: uuids of the merchants whose intents are judged. */
export async function judgeHistories(
  client: pg.ClientBase,
  merchantIds: readonly string[],
  made: readonly Made[],
): Promise<{ readonly findings: string[]; readonly versions: number }> {
  const { rows: versions } = await client.query<VersionRow>(versionsSql, [merchantIds]);
  const { rows: attempts } = await client.query<AttemptRow>(attemptsSql, [merchantIds]);
  const judge = new Judge(attempts, made);
  for (const row of versions) judge.version(row);
  judge.end();
  const { rows: balances } = await client.query<{ account: number; minor: string }>(
    'select account, sum(amount_minor)::text as minor from posting where merchant_id = any($1::uuid[]) group by 1',
    [merchantIds],
  );
  judge.books(new Map(balances.map((row) => [row.account, BigInt(row.minor)])));
  return { findings: judge.findings, versions: versions.length };
}

/** Asks every call that took effect once more: what does not get its first answer. */
export async function asksAgain(made: readonly Made[]): Promise<string[]> {
  const different: string[] = [];
  const bytesOf = (reply: PaymentReply): Buffer => PaymentReply.encode({ ...reply, replayed: false });
  for (const { key, reply, again } of made) {
    if (reply === undefined) continue;
    const second = await again();
    // The issuer's chip data is not stored; these cards have no chip.
    if (!bytesOf(second).equals(bytesOf(reply))) different.push(`${key}: another answer when asked again`);
  }
  return different;
}

class Judge {
  readonly findings: string[] = [];
  private readonly attempts: Map<string, AttemptRow>;
  private readonly made: readonly Made[];
  private readonly histories = new Map<string, SpecIntent[]>();
  private readonly succeeded = new Set<string>();
  private readonly expectedBooks = new Map<number, bigint>();

  constructor(attempts: readonly AttemptRow[], made: readonly Made[]) {
    this.attempts = new Map(attempts.map((row) => [row.attempt_id, row]));
    this.made = made;
  }

  version(row: VersionRow): void {
    const now = stateOf(row);
    const history = this.histories.get(row.intent_id) ?? [];
    this.histories.set(row.intent_id, history);
    const before = history.at(-1);
    history.push(now);
    if (before === undefined) this.isNew(row, now);
    else if (row.key !== null) this.begun(row, before, now);
    else this.concluded(row, before, now);
  }

  private isNew(row: VersionRow, now: SpecIntent): void {
    const kind = this.kindOf(now.live);
    const fits = this.madeWith(row).some(
      ({ asked }) =>
        asked.call === 'new' && asked.amount === now.amount && asked.kinds.join() === (kind === undefined ? '' : kind),
    );
    const status = now.live === undefined ? 'CREATED' : 'PROCESSING';
    if (!fits || now.status !== status) this.finding(row, `nobody asked for this intent (${kind ?? 'no attempt'})`);
  }

  private begun(row: VersionRow, before: SpecIntent, now: SpecIntent): void {
    const attempt = now.live === undefined ? undefined : this.attempts.get(now.live);
    const fits = this.madeWith(row).some(({ asked }) => {
      if (asked.call === 'new') return false;
      const begins = begin(before, asked);
      if ('refused' in begins || begins.status !== now.status) return false;
      if (begins.kinds === 'none') return attempt === undefined;
      const kind = this.kindOf(now.live);
      const { kinds, amount } = begins;
      return attempt !== undefined && kinds.some((one) => one === kind) && BigInt(attempt.amount_minor) === amount;
    });
    if (!fits) this.finding(row, `what key ${row.key ?? ''} began is not allowed`);
    this.expect(row, { ...before, status: now.status, live: now.live }, now);
  }

  private concluded(row: VersionRow, before: SpecIntent, now: SpecIntent): void {
    const attempt = this.attempts.get(row.attempt_id ?? '');
    // Evidence names the version that its writer knew; the first that names this one made it.
    const outcome = attempt?.outcomes.find((one) => one.version === row.version);
    if (attempt === undefined || outcome === undefined) {
      this.finding(row, 'a version that no call and no outcome explains');
      return;
    }
    const status = code.attemptStatuses.toName(outcome.status);
    const kind = code.attemptKinds.toName(attempt.kind);
    if (status !== 'APPROVED') {
      const next = this.attempts.get(now.live ?? '');
      // Not sent: another attempt of the same kind, made live by this very version, goes on by another network.
      const goesOn = status === 'NOT_SENT' && next?.version === row.version && next.kind === attempt.kind;
      if (goesOn) {
        this.expect(row, { ...before, live: now.live }, now);
        return;
      }
      const ended = status === 'DECLINED' || status === 'NOT_SENT' || status === 'REVERSED';
      this.expect(row, ended && before.live === attempt.attempt_id ? release(before) : before, now);
      return;
    }
    if (before.live !== attempt.attempt_id) this.finding(row, 'money for an attempt that its intent has let go');
    if (this.succeeded.has(attempt.attempt_id)) this.finding(row, 'an attempt has its effect twice');
    this.succeeded.add(attempt.attempt_id);
    const amount = kind === 'VOID' ? before.held : BigInt(outcome.minor ?? attempt.amount_minor);
    const after = succeed(before, kind, amount, attempt.final);
    // What a final capture leaves is given back by a void that follows at once.
    const rest = kind === 'CAPTURE' && attempt.final && after.held > 0n;
    const follows = rest && this.kindOf(now.live) === 'VOID';
    this.expect(row, follows ? { ...after, live: now.live } : after, now);
    for (const [account, minor] of booked(kind, amount))
      this.expectedBooks.set(account, (this.expectedBooks.get(account) ?? 0n) + minor);
  }

  end(): void {
    for (const { attempt_id, outcomes, intent_id } of this.attempts.values()) {
      const last = outcomes.at(-1);
      const approved = last !== undefined && code.attemptStatuses.toName(last.status) === 'APPROVED';
      if (approved !== this.succeeded.has(attempt_id))
        this.findings.push(`intent ${intent_id}: attempt ${attempt_id} and the intent's history differ in its effect`);
    }
    for (const one of this.made) this.refusal(one);
  }

  /** A refusal must have been right at some moment of the intent's history. */
  private refusal({ key, asked, refused, intentId, sharesKey, badCard }: Made): void {
    if (refused === undefined) return;
    const history = [...this.histories].find(([id]) => idText('intent', id) === intentId)?.[1] ?? [];
    const right = history.some((state) => {
      const begins = asked.call === 'new' ? undefined : begin(state, asked);
      return begins !== undefined && 'refused' in begins && begins.refused === refused;
    });
    const other = (refused === 'IDEMPOTENCY_KEY_REUSED' && sharesKey) || (refused === 'INVALID_CARD' && badCard);
    if (!right && !other) this.findings.push(`${key} (${asked.call}) was refused: ${refused}`);
  }

  books(balances: ReadonlyMap<number, bigint>): void {
    for (const account of new Set([...balances.keys(), ...this.expectedBooks.keys()])) {
      const [ours, expected] = [balances.get(account) ?? 0n, this.expectedBooks.get(account) ?? 0n];
      if (ours !== expected) this.findings.push(`account ${account} is ${ours}, by the specification ${expected}`);
    }
  }

  private madeWith(row: VersionRow): Made[] {
    const merchantId = idText('merchant', row.merchant_id);
    return this.made.filter((one) => one.key === row.key && one.merchantId === merchantId);
  }

  private kindOf(attemptId: string | undefined): string | undefined {
    const row = attemptId === undefined ? undefined : this.attempts.get(attemptId);
    return row === undefined ? undefined : code.attemptKinds.toName(row.kind);
  }

  private expect(row: VersionRow, expected: SpecIntent, now: SpecIntent): void {
    const text = (state: SpecIntent): string =>
      [state.status, state.amount, state.held, state.captured, state.refunded, state.live ?? '-'].join(' ');
    if (text(expected) !== text(now)) this.finding(row, `is ${text(now)}, by the specification ${text(expected)}`);
  }

  private finding(row: VersionRow, what: string): void {
    this.findings.push(`intent ${row.intent_id} version ${row.version}: ${what}`);
  }
}

function idText(kind: 'intent' | 'merchant', uuid: string): string {
  return formatId(kind, Buffer.from(uuid.replaceAll('-', ''), 'hex'));
}

function stateOf(row: VersionRow): SpecIntent {
  return {
    version: row.version,
    status: code.intentStatuses.toName(row.status),
    amount: BigInt(row.amount_minor),
    held: BigInt(row.authorized_minor),
    captured: BigInt(row.captured_minor),
    refunded: BigInt(row.refunded_minor),
    live: row.live_attempt_id ?? undefined,
  };
}
