// ISO 8583:1993: fields per purpose and meaning of the action codes. Tables only.
import type { PurposeRow, ResponseRow, SendablePurpose } from '../profile.ts';
import { approved, approvedInPart, declined, unknown } from '../responses.ts';

const merchant = ['32', '37', '41', '42', '49'] as const;
const trace = ['7', '11', '12'] as const;

const request = {
  mandatory: ['2', '3', '4', ...trace, '14', '22', '24', '26', ...merchant],
  optional: ['23', '35', '43', '48', '52', '53', '54', '55'],
  advice: false,
} as const;

/** Fields per purpose. */
export const iso93Purposes: Readonly<Record<SendablePurpose, PurposeRow>> = {
  AUTHORIZATION: { mti: '1100', ...request },
  PURCHASE: { mti: '1200', ...request },
  REFUND: { mti: '1200', ...request },
  VERIFICATION: { mti: '1100', ...request },
  BALANCE: { mti: '1100', ...request },
  INCREMENT: {
    mti: '1100',
    mandatory: ['2', '3', '4', ...trace, '14', '22', '24', '26', ...merchant, '56'],
    optional: ['38', '43', '48-advice'],
    advice: false,
  },
  CAPTURE: {
    mti: '1220',
    repeatMti: '1221',
    mandatory: ['2', '3', '4', ...trace, '22', '24', '26', ...merchant, '56'],
    optional: ['30', '38', '43', '48-advice', '54'],
    advice: true,
  },
  REVERSAL: {
    mti: '1420',
    repeatMti: '1421',
    mandatory: ['2', '3', '4', ...trace, '22', '24', '25', ...merchant, '56'],
    optional: ['26', '30', '38'],
    advice: true,
  },
  // What became of the message that DE56 names.
  INQUIRY: {
    mti: '1600',
    repeatMti: '1601',
    mandatory: ['2', ...trace, '24', ...merchant, '56'],
    optional: [],
    advice: false,
  },
};

/** DE39 of ISO 8583:1993, table A.1 (public lists: jPOS-CMF result codes). 1xx decline, 2xx decline and keep the card, 4xx to 9xx by class. */
export const iso93Responses: Readonly<Record<string, ResponseRow>> = {
  '000': approved,
  '001': approved,
  '002': approvedInPart,
  '003': approved,
  '004': approved,
  '005': approved,
  '006': approvedInPart,
  '007': approved,
  '100': declined('DO_NOT_HONOR'),
  '101': declined('EXPIRED_CARD'),
  '102': declined('SUSPECTED_FRAUD'),
  '103': declined('REFER_TO_ISSUER'),
  '104': declined('NOT_PERMITTED'),
  '105': declined('SUSPECTED_FRAUD'),
  '106': declined('PIN_TRIES_EXCEEDED'),
  '107': declined('REFER_TO_ISSUER'),
  '108': declined('REFER_TO_ISSUER'),
  '109': declined('NOT_PERMITTED'),
  '110': declined('INVALID_REQUEST'),
  '111': declined('INVALID_CARD'),
  '112': declined('INCORRECT_PIN'),
  '114': declined('INVALID_CARD'),
  '115': declined('NOT_PERMITTED'),
  '116': declined('INSUFFICIENT_FUNDS'),
  '117': declined('INCORRECT_PIN'),
  '118': declined('INVALID_CARD'),
  '119': declined('NOT_PERMITTED'),
  '120': declined('NOT_PERMITTED'),
  '121': declined('INSUFFICIENT_FUNDS'),
  '122': declined('SUSPECTED_FRAUD'),
  '123': declined('INSUFFICIENT_FUNDS'),
  '124': declined('NOT_PERMITTED'),
  '125': declined('INVALID_CARD'),
  '126': declined('INCORRECT_PIN'),
  '129': declined('SUSPECTED_FRAUD'),
  // Private use (190 to 199): the security code does not match.
  '191': declined('INCORRECT_CVV2'),
  '200': declined('DO_NOT_HONOR', 'NEVER'),
  '201': declined('EXPIRED_CARD', 'NEVER'),
  '202': declined('SUSPECTED_FRAUD'),
  '204': declined('NOT_PERMITTED'),
  '206': declined('PIN_TRIES_EXCEEDED'),
  '208': declined('LOST_OR_STOLEN'),
  '209': declined('LOST_OR_STOLEN'),
  '210': declined('SUSPECTED_FRAUD'),
  '400': { ...approved, only: ['REVERSAL'] },
  '900': { ...approved, only: ['CAPTURE', 'REVERSAL'] },
  '901': { ...approved, only: ['CAPTURE', 'REVERSAL'] },
  '902': declined('INVALID_REQUEST'),
  '903': declined('INVALID_REQUEST'),
  '904': declined('INVALID_REQUEST'),
  '905': declined('NOT_PERMITTED'),
  '906': declined('ISSUER_UNAVAILABLE'),
  '907': declined('ISSUER_UNAVAILABLE'),
  '908': declined('ISSUER_UNAVAILABLE'),
  '909': declined('ISSUER_UNAVAILABLE'),
  '910': declined('ISSUER_UNAVAILABLE'),
  // The network itself does not know: it asked the issuer and had no answer, or is still asking.
  '911': unknown('TIMEOUT'),
  '923': unknown('TIMEOUT'),
  '912': declined('ISSUER_UNAVAILABLE'),
  // Seen before: for an advice this is an acknowledgement.
  '913': { ...unknown('INVALID_ANSWER'), acknowledges: ['CAPTURE', 'REVERSAL'] },
  // Nothing to reverse is what a reversal wants to hear; to a capture it is bad news.
  '914': { ...declined('ORIGINAL_NOT_FOUND'), acknowledges: ['REVERSAL'] },
  '916': declined('INVALID_REQUEST'),
};
