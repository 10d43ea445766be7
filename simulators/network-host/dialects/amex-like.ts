// What the amex-like network asks and answers: data. Public facts only; see specs/amex-like.json.
import type { HostDialect } from '../dialect.ts';
import { actionCode, iso93, originalAmount } from './iso93.ts';

const headerName = 'AGNS';
const headerVersion = Buffer.from('0001', 'hex');

/** The tags of BER-TLV data, upper-case hexadecimal; what cannot be read ends the list. */
function tagsOf(data: Buffer): Map<string, string> {
  const tags = new Map<string, string>();
  let at = 0;
  while (at < data.length) {
    let stop = at + 1;
    if (((data[at] ?? 0) & 0x1f) === 0x1f) while (((data[stop++] ?? 0) & 0x80) !== 0);
    const length = data[stop] ?? 0x80;
    if (length >= 0x80 || stop + 1 + length > data.length) break;
    tags.set(
      data.toString('hex', at, stop).toUpperCase(),
      data.toString('hex', stop + 1, stop + 1 + length).toUpperCase(),
    );
    at = stop + 1 + length;
  }
  return tags;
}

/** DE31: 0 and the place in the books. */
function transactionId(seq: number): string {
  return `0${String(seq).padStart(14, '0')}`;
}

/** The dialect. */
export const amexLike: HostDialect = {
  ...iso93,
  name: 'amex-like',
  profile: 'amex-like',
  chipTag: (message, tag) => tagsOf(message.bytes('55.3') ?? Buffer.alloc(0)).get(tag),
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
