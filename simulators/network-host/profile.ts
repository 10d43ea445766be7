// What the network `simnet` asks of each message: data. The host judges every message that it receives by these tables.

/** Sub-elements of DE48 of requests on this network; in answers the network's reference is DE63. */
export const de48 = {
  eci: '48.42',
  authenticationValue: '48.43',
  networkReference: '48.63',
  postalCode: '48.82',
  cvv2: '48.92',
} as const;

/** What one message type must and must not carry. */
export interface MessageProfile {
  readonly mti: string;
  readonly required: readonly string[];
  readonly forbidden: readonly string[];
}

const reference = ['2', '3', '4', '7', '11', '12', '13', '32', '37', '41', '42', '49'];
const point = ['18', '22', '25', '43'];
// Sensitive authentication data have no place in a message about something that is authorised already.
const sensitive = ['14', '35', '48.92', '52', '55'];

/** The requests of the acquirer. A repeat (x121, x221, x421) has the profile of what it repeats. */
export const profiles: readonly MessageProfile[] = [
  { mti: '0100', required: [...reference, ...point], forbidden: ['39', '90', '95'] },
  { mti: '0200', required: [...reference, ...point], forbidden: ['39', '90', '95'] },
  { mti: '0220', required: [...reference, ...point, '38', '90'], forbidden: sensitive },
  { mti: '0420', required: [...reference, '39', '90'], forbidden: sensitive },
];

/** Processing codes (DE3) by what they ask. */
export const processingCodes = {
  purchase: '000000',
  cashBack: '090000',
  refund: '200000',
  balance: '310000',
} as const;

/** Network management information codes (DE70). */
export const managementCodes = { signOn: '001', signOff: '002', echo: '301' } as const;
