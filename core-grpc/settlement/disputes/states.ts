// The life of a dispute, as data: which event is allowed in which state, and where it leads. An event that a state does not name is
// refused: the line becomes an exception, a person is told.
//
//   chargeback -> second presentment -> arbitration; each ends by a withdrawal, by a person, or by the window of the scheme
import { DisputeStateNumber } from '../../../proto/gen/cardedge/core/v1/settlement.ts';

/** Where a dispute stands; `NONE`: there is none that is open. */
export type DisputeState = 'NONE' | 'CHARGEBACK' | 'SECOND_PRESENTMENT' | 'ARBITRATION' | 'WON' | 'LOST';

/** What can happen to one. */
export type DisputeEvent =
  | 'chargeback'
  | 'second_presentment'
  | 'second_presentment_withdrawn'
  | 'arbitration'
  | 'chargeback_withdrawn'
  | 'accepted'
  | 'window_ended';

/** What is allowed. What is absent is refused. */
export const disputeTransitions: Readonly<Record<DisputeState, Readonly<Partial<Record<DisputeEvent, DisputeState>>>>> =
  {
    NONE: { chargeback: 'CHARGEBACK' },
    CHARGEBACK: {
      second_presentment: 'SECOND_PRESENTMENT',
      chargeback_withdrawn: 'WON',
      accepted: 'LOST',
      window_ended: 'LOST', // nobody presented it again in time
    },
    SECOND_PRESENTMENT: {
      arbitration: 'ARBITRATION',
      second_presentment_withdrawn: 'CHARGEBACK',
      window_ended: 'WON', // the issuer did not come back in time
    },
    ARBITRATION: { chargeback_withdrawn: 'WON', accepted: 'LOST', window_ended: 'LOST' },
    WON: {},
    LOST: {},
  };

/** What an event does to the amount that the network holds, as a factor of the event's amount. */
export const holds: Readonly<Record<DisputeEvent, -1 | 0 | 1>> = {
  chargeback: 1,
  second_presentment: -1,
  second_presentment_withdrawn: 1,
  arbitration: 1,
  chargeback_withdrawn: -1,
  accepted: 0,
  window_ended: 0,
};

/** Days that a state lasts before it ends by itself, by network: schemes publish 30 to 45. A row here is a contract. */
const windowDays: Readonly<Record<string, Readonly<Partial<Record<DisputeState, number>>>>> = {
  simnet: { CHARGEBACK: 30, SECOND_PRESENTMENT: 30, ARBITRATION: 30 },
};
const windowDaysDefault = 45;

/** When a state that begins now ends by itself, microseconds; undefined if it has no end. */
export function dueUs(network: string, state: DisputeState, nowUs: bigint): bigint | undefined {
  if (state === 'NONE' || state === 'WON' || state === 'LOST') return undefined;
  return nowUs + BigInt(windowDays[network]?.[state] ?? windowDaysDefault) * 86_400_000_000n;
}

/** Number of a state as stored. */
export function numberOf(state: DisputeState): number {
  return state === 'NONE' ? 0 : DisputeStateNumber[state];
}

const byNumber: readonly DisputeState[] = ['NONE', 'CHARGEBACK', 'SECOND_PRESENTMENT', 'ARBITRATION', 'WON', 'LOST'];

/** State of a number as stored. */
export function stateOf(number: number): DisputeState {
  return byNumber[number] ?? 'NONE';
}
