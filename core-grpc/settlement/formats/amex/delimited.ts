// The delimited forms of GRRCN (CSV and TSV): the columns of a line in the order of the fixed format's fields, quoted or not. A line is put in the
// places of the fixed format, so that one reader reads all forms.
//
//   "TRANSACTN","4737483941","002","9211234550","20210714","EUR",...      quotes inside a text are written \" or ""
import { adjustment, feeRevenue, header, type Place, summary, trailer, transaction } from './layouts.ts';

/** Columns (from 0) of the fields that are read, by record type. */
const columns: Readonly<Record<string, ReadonlyArray<readonly [column: number, place: Place]>>> = {
  HEADER: [
    [1, header.created],
    [3, header.sequence],
    [4, header.fileId],
  ],
  SUMMARY: [
    [3, summary.payment],
    [4, summary.paymentDate],
    [5, summary.currency],
    [7, summary.net],
    [8, summary.gross],
    [9, summary.discount],
    [10, summary.fee],
    [11, summary.adjustment],
    [12, summary.tax],
  ],
  TRANSACTN: [
    [6, transaction.merchant],
    [10, transaction.currency],
    [12, transaction.invoiceReference],
    [14, transaction.account],
    [17, transaction.amount],
    [18, transaction.date],
    [19, transaction.time],
    [20, transaction.transactionId],
    [21, transaction.approval],
    [22, transaction.terminal],
    [25, transaction.arn],
  ],
  CHARGEBACK: disputeColumns(),
  ADJUSTMENT: disputeColumns(),
  FEEREVENUE: [
    [4, feeRevenue.currency],
    [5, feeRevenue.merchant],
    [7, feeRevenue.amount],
  ],
  TRAILER: [
    [1, trailer.sequence],
    [2, trailer.records],
  ],
};

function disputeColumns(): ReadonlyArray<readonly [number, Place]> {
  return [
    [5, adjustment.currency],
    [6, adjustment.merchant],
    [7, adjustment.submitted],
    [9, adjustment.invoiceReference],
    [11, adjustment.account],
    [17, adjustment.reason],
    [23, adjustment.net],
  ];
}

const fixedChars = 800;

/** The delimiter of a file that starts with this text, or undefined for the fixed format. */
export function delimiterOf(head: string): ',' | '\t' | undefined {
  const found = /^"?HEADER"?([,\t])/.exec(head)?.[1];
  return found === ',' || found === '\t' ? found : undefined;
}

/** A delimited line in the places of the fixed format, or what is wrong with it. */
export function fixedOf(text: string, delimiter: ',' | '\t'): string | { readonly problem: string } {
  const fields = cut(text, delimiter);
  if (fields === undefined) return { problem: 'a quoted text does not end' };
  const type = fields[0]?.trim() ?? '';
  let fixed = type.padEnd(fixedChars);
  for (const [column, [start, length]] of columns[type] ?? []) {
    const value = fields[column];
    if (value === undefined) return { problem: `has ${fields.length} columns, column ${column + 1} is needed` };
    if (value.trimEnd().length > length) return { problem: `column ${column + 1} is longer than ${length} characters` };
    fixed = fixed.slice(0, start - 1) + value.trimEnd().padEnd(length) + fixed.slice(start - 1 + length);
  }
  return fixed;
}

/** Fields of a line, or undefined if a quote is not closed. */
function cut(text: string, delimiter: string): string[] | undefined {
  const fields: string[] = [];
  for (let at = 0; at <= text.length; at += 1) {
    let value = '';
    if (text[at] === '"') {
      for (at += 1; text[at] !== '"' || text[at + 1] === '"'; at += 1) {
        if (at >= text.length) return undefined;
        if ((text[at] === '\\' || text[at] === '"') && text[at + 1] === '"') at += 1;
        value += text[at];
      }
      at += 1;
    }
    const end = text.indexOf(delimiter, at);
    value += text.slice(at, end < 0 ? text.length : end);
    fields.push(value);
    if (end < 0) return fields;
    at = end;
  }
  return fields;
}
