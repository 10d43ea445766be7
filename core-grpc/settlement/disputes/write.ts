// Writes steps of disputes: rows, and the journals that keep the merchant's side. While a dispute is open its amount is kept back from
// the merchant; when it ends, what the network still holds is the merchant's loss and the rest is the merchant's again.
import type { ClientBase } from 'pg';
import type { Clock } from '../../../common/clock.ts';
import { Fault } from '../../../common/errors.ts';
import { newId } from '../../../common/ids.ts';
import { settlementAccounts } from '../ledger-templates.ts';
import { type DisputeEvent, type DisputeState, disputeTransitions, dueUs, holds, numberOf } from './states.ts';

/** A dispute as it is now; a step changes it. */
export interface DisputeSubject {
  readonly disputeId: Buffer;
  readonly network: string;
  readonly merchantId: Buffer;
  readonly intentId: Buffer;
  readonly attemptId: Buffer;
  readonly currency: string;
  readonly reasonCode: string;
  state: DisputeState;
  amountMinor: bigint;
  outstandingMinor: bigint;
  events: number;
}

/** One thing that happened to a dispute. */
export interface DisputeStep {
  readonly subject: DisputeSubject;
  readonly event: DisputeEvent;
  /** Minor units of the line; 0 for what people and time decide. */
  readonly amountMinor: bigint;
  readonly line: { readonly fileId: Buffer; readonly recordNumber: number } | undefined;
  readonly operator: string;
  readonly note: string;
}

interface Written {
  readonly step: DisputeStep;
  readonly number: number;
  readonly state: DisputeState;
  readonly journal: Journal | undefined;
}

interface Journal {
  readonly id: Buffer;
  readonly template: string;
  /** Account and amount, debit positive. */
  readonly legs: ReadonlyArray<readonly [number, bigint]>;
}

const upsertDisputes = `
  insert into dispute (dispute_id, network, merchant_id, intent_id, attempt_id, state, amount_minor, outstanding_minor, currency,
                       reason_code, due_at_us, events, opened_at_us)
  select x.*, $13::bigint
  from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::smallint[], $7::bigint[], $8::bigint[], $9::text[],
              $10::text[], $11::bigint[], $12::integer[]) as x
  on conflict (dispute_id) do update
  set state = excluded.state, outstanding_minor = excluded.outstanding_minor, due_at_us = excluded.due_at_us, events = excluded.events`;

const insertEvents = `
  insert into dispute_event (dispute_id, event_number, event, state, file_id, record_number, operator, note, journal_id, at_us)
  select x.*, $10::bigint
  from unnest($1::uuid[], $2::integer[], $3::text[], $4::smallint[], $5::uuid[], $6::integer[], $7::text[], $8::text[], $9::uuid[]) as x`;

/** Takes the steps in order. Throws INVALID_STATE, naming state and event, for a step that the table does not allow. */
export async function writeSteps(client: ClientBase, clock: Clock, steps: readonly DisputeStep[]): Promise<void> {
  if (steps.length === 0) return;
  const nowUs = clock.nowUs();
  const written = steps.map((step) => take(step, clock));
  const subjects = [...new Set(steps.map((step) => step.subject))];
  await client.query(upsertDisputes, [
    hex(subjects.map((one) => one.disputeId)),
    subjects.map((one) => one.network),
    hex(subjects.map((one) => one.merchantId)),
    hex(subjects.map((one) => one.intentId)),
    hex(subjects.map((one) => one.attemptId)),
    subjects.map((one) => numberOf(one.state)),
    subjects.map((one) => one.amountMinor),
    subjects.map((one) => one.outstandingMinor),
    subjects.map((one) => one.currency),
    subjects.map((one) => one.reasonCode),
    subjects.map((one) => dueUs(one.network, one.state, nowUs) ?? null),
    subjects.map((one) => one.events),
    nowUs,
  ]);
  await client.query(insertEvents, [
    hex(written.map((one) => one.step.subject.disputeId)),
    written.map((one) => one.number),
    written.map((one) => one.step.event),
    written.map((one) => numberOf(one.state)),
    written.map((one) => one.step.line?.fileId.toString('hex') ?? null),
    written.map((one) => one.step.line?.recordNumber ?? null),
    written.map((one) => one.step.operator),
    written.map((one) => one.step.note),
    written.map((one) => one.journal?.id.toString('hex') ?? null),
    nowUs,
  ]);
  for (const { step, journal } of written) if (journal !== undefined) await post(client, step.subject, journal, nowUs);
}

async function post(client: ClientBase, subject: DisputeSubject, journal: Journal, nowUs: bigint): Promise<void> {
  await client.query(
    `insert into journal (merchant_id, journal_id, intent_id, attempt_id, template, network, currency, accounts, amounts, at_us)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      subject.merchantId,
      journal.id,
      subject.intentId,
      subject.attemptId,
      journal.template,
      subject.network,
      subject.currency,
      journal.legs.map(([account]) => account),
      journal.legs.map(([, minor]) => minor),
      nowUs,
    ],
  );
}

/** Changes the subject and says what is to be written. */
function take(step: DisputeStep, clock: Clock): Written {
  const { subject, event } = step;
  const next = disputeTransitions[subject.state][event];
  if (next === undefined) {
    const at = subject.state.toLowerCase().replaceAll('_', ' ');
    throw new Fault('INVALID_STATE', `a dispute in state ${at} does not take ${event.replaceAll('_', ' ')}`);
  }
  const opened = subject.state === 'NONE';
  if (opened) subject.amountMinor = step.amountMinor;
  subject.outstandingMinor += BigInt(holds[event]) * step.amountMinor;
  subject.state = next;
  subject.events += 1;
  const ended = next === 'WON' || next === 'LOST';
  const journal = opened ? keptBack(subject, clock) : ended ? settled(subject, next, clock) : undefined;
  return { step, number: subject.events, state: next, journal };
}

function keptBack(subject: DisputeSubject, clock: Clock): Journal {
  const legs = [
    [settlementAccounts.merchant_payable, subject.amountMinor],
    [settlementAccounts.merchant_reserve, -subject.amountMinor],
  ] as const;
  return { id: newId(clock), template: 'dispute_opened', legs };
}

function settled(subject: DisputeSubject, state: 'WON' | 'LOST', clock: Clock): Journal {
  const all: ReadonlyArray<readonly [number, bigint]> = [
    [settlementAccounts.merchant_reserve, subject.amountMinor],
    [settlementAccounts.dispute_receivable, -subject.outstandingMinor],
    [settlementAccounts.merchant_payable, subject.outstandingMinor - subject.amountMinor],
  ];
  return {
    id: newId(clock),
    template: `dispute_${state.toLowerCase()}`,
    legs: all.filter(([, minor]) => minor !== 0n),
  };
}

function hex(ids: readonly Buffer[]): string[] {
  return ids.map((id) => id.toString('hex'));
}
