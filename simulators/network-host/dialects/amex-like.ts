// What the amex-like network asks and answers: data. Public facts only; see specs/amex-like.json.
import type { HostDialect } from '../dialect.ts';
import { chipFault, headerName, headerVersion, readTags } from './amex-chip.ts';
import { actionCode, iso93, originalAmount } from './iso93.ts';

/** DE31: 0 and the place in the books. */
function transactionId(seq: number): string {
  return `0${String(seq).padStart(14, '0')}`;
}

/** The dialect. */
export const amexLike: HostDialect = {
  ...iso93,
  name: 'amex-like',
  profile: 'amex-like',
  chipTag: (message, tag) => readTags(message.bytes('55.3') ?? Buffer.alloc(0))?.get(tag),
  chipFault: (message) =>
    chipFault(
      message.get('55.1') ?? '',
      Buffer.from(message.bytes('55.2') ?? []),
      Buffer.from(message.bytes('55.3') ?? []),
    ),
  // A wrong security code is 122 here.
  codeOf: (de39, kind) => (de39 === 'N7' ? '122' : actionCode(de39, kind)),
  decorate: (fields, { seq, results, issuerTlv, askedMinor }) => {
    fields['31'] = transactionId(seq);
    originalAmount(fields, askedMinor);
    if (results !== '') fields['44'] = results;
    if (issuerTlv !== undefined)
      fields['55'] = [
        ['1', headerName],
        ['2', headerVersion],
        ['3', issuerTlv],
      ];
  },
  reference: transactionId,
  // DE48.63 names DE31 of the answer.
  referenceIn: (message) => {
    const text = message.get('48.63') ?? '';
    return /^0\d{14}$/.test(text) ? `S${text.slice(1)}` : '';
  },
};
