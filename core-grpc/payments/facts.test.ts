// What news mean by what is known already: the orders in which a late answer and a reversal can meet.
import t from 'tap';
import { eventNow } from './facts.ts';
import { type AttemptKind, type AttemptRecord, type AttemptStatus, bareFacts, type Outcome } from './model.ts';

function outcome(status: AttemptStatus, changes: Partial<Outcome> = {}): Outcome {
  return { seq: 1, status, ...bareFacts('UNSPECIFIED', 'NO_ANSWER', ''), version: 2, atUs: 0n, ...changes };
}

function attempt(kind: AttemptKind, outcomes: readonly Outcome[], acceptPartial = false): AttemptRecord {
  const subject = { kind, amountMinor: 500n, acceptPartial };
  return { attempt: subject as AttemptRecord['attempt'], card: undefined, outcomes, owed: undefined };
}

const late = bareFacts('UNSPECIFIED', 'LATE_RESPONSE', '');
const found = { ...bareFacts('UNSPECIFIED', 'REVERSAL_ACKNOWLEDGED', ''), responseCode: '00' };
const nothingFound = { ...found, responseCode: '25' };
const pending = outcome('PENDING_VERIFICATION');
const lateApproval = outcome('PENDING_VERIFICATION', { evidenceKind: 'LATE_RESPONSE' });
const lateDecline = outcome('PENDING_VERIFICATION', { evidenceKind: 'LATE_RESPONSE', reason: 'DO_NOT_HONOR' });

t.test('a late approval, before and after its reversal', async (t) => {
  const table: Array<[string, AttemptRecord, string]> = [
    ['unknown, reversal under way', attempt('PURCHASE', [pending]), 'late_approved'],
    ['reversed on a match', attempt('PURCHASE', [pending, outcome('REVERSED', found)]), 'late_approved'],
    [
      'reversed although the network found nothing: it booked afterwards',
      attempt('PURCHASE', [pending, outcome('REVERSED', nothingFound)]),
      'late_approved_after_void_reversal',
    ],
    ['an advice that is repeated', attempt('CAPTURE', [pending]), 'advice_acknowledged'],
    ['an advice that was declined', attempt('CAPTURE', [outcome('DECLINED')]), 'advice_contradicted'],
    ['an advice that was not sent', attempt('VOID', [outcome('NOT_SENT')]), 'advice_contradicted'],
    ['declined before', attempt('PURCHASE', [outcome('DECLINED')]), 'late_approved'],
  ];
  for (const [name, subject, event] of table) t.equal(eventNow(subject, 'late_approved', late), event, name);
});

t.test('a late approval that overtakes the news that it is late is judged as an answer in time', async (t) => {
  const part = { ...late, approvedMinor: 400n };
  t.equal(eventNow(attempt('PURCHASE', []), 'late_approved', late), 'late_approved');
  t.equal(eventNow(attempt('PURCHASE', []), 'late_approved', part), 'partial_refused');
  t.equal(eventNow(attempt('PURCHASE', [], true), 'late_approved', part), 'late_approved');
  t.equal(eventNow(attempt('PURCHASE', [], true), 'late_approved', { ...late, approvedMinor: 600n }), 'no_answer');
});

t.test('a reversal that found nothing, after an approval was heard, has missed', async (t) => {
  const acknowledged = (outcomes: Outcome[], facts = nothingFound): string =>
    eventNow(attempt('PURCHASE', outcomes), 'reversal_acknowledged', facts);
  t.equal(acknowledged([pending, lateApproval]), 'reversal_missed');
  t.equal(acknowledged([pending, lateApproval, outcome('NEEDS_REVIEW')]), 'reversal_missed');
  t.equal(acknowledged([pending, lateApproval], found), 'reversal_acknowledged');
  t.equal(acknowledged([pending]), 'reversal_acknowledged');
  t.equal(acknowledged([pending, lateDecline]), 'reversal_acknowledged');
  t.equal(acknowledged([pending, outcome('REVERSING')]), 'reversal_acknowledged', 'asked again with new references');
});
