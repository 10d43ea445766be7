// ISO 8583:1987: fields per purpose and meaning of the response codes. Tables only.
import type { PurposeRow, ResponseRow, SendablePurpose } from '../profile.ts';
import { approved, approvedInPart, declined, unknown } from '../responses.ts';

const merchant = ['32', '37', '41', '42', '49'] as const;
const trace = ['7', '11', '12', '13'] as const;

const request = {
  mandatory: ['2', '3', '4', ...trace, '14', '18', '22', '25', ...merchant],
  optional: ['23', '35', '43', '48', '52', '53', '54', '55'],
  advice: false,
} as const;

/** Fields per purpose. */
export const iso87Purposes: Readonly<Record<SendablePurpose, PurposeRow>> = {
  AUTHORIZATION: { mti: '0100', ...request },
  PURCHASE: { mti: '0200', ...request },
  REFUND: { mti: '0200', ...request },
  VERIFICATION: { mti: '0100', ...request },
  BALANCE: { mti: '0100', ...request },
  // An increment refers to its original by network reference (DE48.63) and authorisation code.
  INCREMENT: {
    mti: '0100',
    mandatory: ['2', '3', '4', ...trace, '14', '18', '22', '25', ...merchant, '48'],
    optional: ['38', '43'],
    advice: false,
  },
  CAPTURE: {
    mti: '0220',
    repeatMti: '0221',
    mandatory: ['2', '3', '4', ...trace, '18', '22', '25', ...merchant, '39', '90'],
    optional: ['38', '43', '48-advice', '54'],
    advice: true,
  },
  REVERSAL: {
    mti: '0420',
    repeatMti: '0421',
    mandatory: ['2', '3', '4', ...trace, ...merchant, '39', '90'],
    optional: ['22', '25', '38', '95'],
    advice: true,
  },
  // What became of the message that DE90 names.
  INQUIRY: {
    mti: '0600',
    repeatMti: '0601',
    mandatory: ['2', ...trace, ...merchant, '90'],
    optional: [],
    advice: false,
  },
};

/**
 * DE39 of ISO 8583:1987. A code that is not here is a decline without a known cause. A code that says that the network itself does not know
 * (09, 68) or that it has seen this message before (94) concludes nothing about a request.
 */
export const iso87Responses: Readonly<Record<string, ResponseRow>> = {
  '00': approved,
  '01': declined('REFER_TO_ISSUER'),
  '02': declined('REFER_TO_ISSUER'),
  '03': declined('NOT_PERMITTED'),
  '04': declined('LOST_OR_STOLEN'),
  '05': declined('DO_NOT_HONOR'),
  '07': declined('SUSPECTED_FRAUD'),
  '08': approved,
  '09': unknown('TIMEOUT'),
  '10': approvedInPart,
  '11': approved,
  '12': declined('INVALID_REQUEST'),
  '13': declined('INVALID_REQUEST'),
  '14': declined('INVALID_CARD'),
  '15': declined('INVALID_CARD'),
  '16': approved,
  '19': declined('ISSUER_UNAVAILABLE'),
  // Nothing to reverse is what a reversal wants to hear; to a capture it is bad news.
  '25': { ...declined('ORIGINAL_NOT_FOUND'), acknowledges: ['REVERSAL'] },
  '30': declined('INVALID_REQUEST'),
  '33': declined('EXPIRED_CARD', 'NEVER'),
  '34': declined('SUSPECTED_FRAUD'),
  '36': declined('NOT_PERMITTED'),
  '41': declined('LOST_OR_STOLEN'),
  '43': declined('LOST_OR_STOLEN'),
  '51': declined('INSUFFICIENT_FUNDS'),
  '54': declined('EXPIRED_CARD'),
  '55': declined('INCORRECT_PIN'),
  '57': declined('NOT_PERMITTED'),
  '58': declined('NOT_PERMITTED'),
  '59': declined('SUSPECTED_FRAUD'),
  '61': declined('INSUFFICIENT_FUNDS'),
  '62': declined('NOT_PERMITTED'),
  '63': declined('SUSPECTED_FRAUD'),
  '65': declined('INSUFFICIENT_FUNDS'),
  '68': unknown('TIMEOUT'),
  '75': declined('PIN_TRIES_EXCEEDED'),
  '82': declined('INCORRECT_CVV2'),
  '85': { ...approved, only: ['VERIFICATION', 'BALANCE'] },
  '91': declined('ISSUER_UNAVAILABLE'),
  '92': declined('ISSUER_UNAVAILABLE'),
  '93': declined('NOT_PERMITTED'),
  // Seen before: for an advice this is an acknowledgement.
  '94': { ...unknown('INVALID_ANSWER'), acknowledges: ['CAPTURE', 'REVERSAL'] },
  '96': declined('ISSUER_UNAVAILABLE'),
  '1A': declined('REFER_TO_ISSUER'),
  N7: declined('INCORRECT_CVV2'),
};
