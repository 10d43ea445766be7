// Names of the contract to the numbers that the tables hold, and back. The numbers are those of the proto enums.

import * as merchants from '../../proto/gen/cardedge/core/v1/merchants.ts';
import * as reviews from '../../proto/gen/cardedge/core/v1/reviews.ts';
import * as core from '../../proto/gen/cardedge/core/v1/types.ts';
import * as gateway from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type * as model from '../payments/model.ts';

/** A pair of maps between names and numbers. */
export interface Codes<Name extends string> {
  toNumber(name: Name): number;
  toName(number: number): Name;
}

function codes<Name extends string>(numbers: Readonly<Record<Name, number>>, names: readonly string[]): Codes<Name> {
  return {
    toNumber: (name) => numbers[name],
    toName: (number) => {
      const name = names[number];
      if (name === undefined)
        throw new RangeError(`a table holds the code ${number}, which the contract does not have`);
      return name as Name;
    },
  };
}

export const intentStatuses = codes<model.IntentStatus>(core.IntentStatusNumber, core.IntentStatusValues);
export const attemptStatuses = codes<model.AttemptStatus>(core.AttemptStatusNumber, core.AttemptStatusValues);
export const attemptKinds = codes<model.AttemptKind>(core.AttemptKindNumber, core.AttemptKindValues);
export const captureMethods = codes<model.CaptureMethod>(core.CaptureMethodNumber, core.CaptureMethodValues);
export const entryModes = codes<model.EntryMode>(core.EntryModeNumber, core.EntryModeValues);
export const initiators = codes<model.InitiatedBy>(core.InitiatedByNumber, core.InitiatedByValues);
export const reasons = codes<model.OutcomeReason>(core.OutcomeReasonNumber, core.OutcomeReasonValues);
export const evidenceKinds = codes<model.EvidenceKind>(core.EvidenceKindNumber, core.EvidenceKindValues);
export const retryAdvices = codes<model.RetryAdvice>(core.RetryAdviceNumber, core.RetryAdviceValues);
export const reversalReasons = codes<model.ReversalReason | 'UNSPECIFIED'>(
  gateway.ReversalReasonNumber,
  gateway.ReversalReasonValues,
);

export const owedKinds = codes<model.Owed['kind']>({ reversal: 1, repeat: 2, inquiry: 3 }, [
  '',
  'reversal',
  'repeat',
  'inquiry',
]);
export const owedStates = codes<model.Owed['state']>({ owed: 1, done: 2, review: 3 }, ['', 'owed', 'done', 'review']);
export const apiKeyActions = codes<Exclude<merchants.ApiKeyAction, 'UNSPECIFIED' | 'UNRECOGNIZED'>>(
  merchants.ApiKeyActionNumber,
  merchants.ApiKeyActionValues,
);
export const reviewDecisions = codes<Exclude<reviews.ReviewDecision, 'UNSPECIFIED' | 'UNRECOGNIZED'>>(
  reviews.ReviewDecisionNumber,
  reviews.ReviewDecisionValues,
);
