// Mastercard parameter extracts (IPM MPE): which tables a file holds and what they say of account ranges and merchant categories, so that a
// card's product can be named. VBS records (vbs.ts), blocked or not, ASCII or EBCDIC; places as cardutil (MIT) has them.
//
//   index    2014101414 A IP0000T1 IP0040T1 ACCOUNT RANGE TABLE ... 036    | time 10, active 1, table 8, table it is about 8, ..., its sub-id 3
//   trailer  TRAILER RECORD IP0000T1  00000218
//   expanded 2017111140 A IP0040T1 5116545113000000000MCC...               | time 10, active 1, table 8, fields from 19 (from 0)
//   compressed  1711114 A 036      5116545113000000000MCC...               | time 7,  active 1, sub-id 3, the same fields 8 characters earlier
import { ascii, type Charset, ebcdic } from '../charset.ts';
import { Problems } from '../problems.ts';
import { isBlocked, VbsReader, type VbsRecord } from './vbs.ts';

/** A field: first character and the one after its last, in an expanded record. */
export type Place = readonly [start: number, end: number];

/** The tables that are read, with what is used of them. */
export const parameterTables = {
  IP0040T1: {
    issuer_account_range_low: [19, 38],
    gcms_product_id: [38, 41],
    issuer_account_range_high: [41, 60],
    card_program_identifier: [60, 63],
    issuer_card_program_identifier_priority_code: [63, 65],
    member_id: [65, 76],
    product_type_id: [76, 77],
    endpoint: [77, 84],
    card_country_alpha: [84, 87],
    card_country_numeric: [87, 90],
    region: [90, 91],
    product_class: [91, 94],
    transaction_routing_indicator: [94, 95],
    first_presentment_reassignment_switch: [95, 96],
    product_reassignment_switch: [96, 97],
    pwcb_opt_in_switch: [97, 98],
    licenced_product_id: [98, 101],
    mapping_service_ind: [101, 102],
    alm_participation_ind: [102, 103],
    alm_activation_date: [103, 109],
    cardholder_billing_currency_default: [109, 112],
    cardholder_billing_currency_exponent_default: [112, 113],
    cardholder_bill_primary_currency: [113, 141],
    chip_to_magnetic_conversion_service_indicator: [141, 142],
    floor_expiration_date: [142, 148],
    co_brand_participation_switch: [148, 149],
    spend_control_switch: [149, 150],
    merchant_cleansing_service_participation: [150, 153],
    merchant_cleansing_activation_date: [153, 159],
    paypass_enabled_indicator: [159, 160],
    regulated_rate_type_indicator: [160, 161],
    psn_route_indicator: [161, 162],
    cash_back_without_purchase_indicator: [162, 163],
    repower_reload_participation_indicator: [164, 165],
    moneysend_indicator: [165, 166],
    durban_regulated_rate_indicator: [166, 167],
    cash_access_only_participating_indicator: [167, 168],
    authentication_indicator: [168, 169],
  },
  IP0075T1: {
    card_acceptor_business_code_mcc: [19, 24],
    card_acceptor_business_cab_program: [24, 28],
    card_acceptor_business_cab_program_life_cycle_indicator: [28, 29],
    card_acceptor_business_cab_type: [29, 30],
    card_acceptor_business_cab_life_cycle_indicator: [30, 31],
  },
} as const satisfies Record<string, Record<string, Place>>;

/** A table that is read. */
export type ParameterTable = keyof typeof parameterTables;

/** A row: its table, from when it holds (as written), whether it is active, and its fields. */
export interface ParameterRow {
  readonly table: ParameterTable;
  readonly effective: string;
  readonly active: boolean;
  readonly fields: Readonly<Record<string, string>>;
}

const indexTable = 'IP0000T1';
const indexName: Place = [19, 27];
const indexSubId: Place = [243, 246];
const expandedKey = 19;
const compressedKey = 11;

/** How the records of a file are written, or undefined if it does not start with the index of a parameter extract. */
function charsetOf(head: Buffer): Charset | undefined {
  if (head.length < 4 + expandedKey) return undefined;
  return [ascii, ebcdic].find((one) => /^\d{10}[AI]IP0000T1$/.test(one.decode(head, 4, 4 + expandedKey)));
}

/** True if a file that starts with these bytes is a parameter extract. */
export function isParameters(head: Buffer): boolean {
  return charsetOf(head) !== undefined;
}

/** Reads an extract, piece by piece; keeps nothing but counts. */
export class ParameterReader {
  readonly problems = new Problems();
  /** Records by table, those that are not read included; '' for records of tables that the index does not name. */
  readonly counts = new Map<string, number>();
  private readonly vbs: VbsReader;
  private readonly charset: Charset;
  private readonly names = new Map<string, string>();

  constructor(head: Buffer) {
    this.charset = charsetOf(head) ?? ascii;
    this.vbs = new VbsReader(isBlocked(head), this.problems);
  }

  /** Takes the next piece; gives the rows that it completed, of the tables that are read. */
  push(piece: Buffer): ParameterRow[] {
    const rows: ParameterRow[] = [];
    for (const record of this.vbs.push(piece)) {
      const row = this.take(record);
      if (row !== undefined) rows.push(row);
    }
    return rows;
  }

  end(): void {
    this.vbs.end();
    if (this.names.size === 0) this.problems.add(0, 0, '', 'the file has no index of tables (IP0000T1)');
  }

  private take(record: VbsRecord): ParameterRow | undefined {
    const text = this.charset.decode(record.data, 0, record.data.length);
    if (text.startsWith('TRAILER RECORD')) return undefined;
    const expanded = /^\d{10}[AI]IP\d{4}T\d/.test(text);
    const compressed = /^\d{7}[AI].{3}/s.test(text);
    // Extracts also hold records without a key: counted and passed over, as other readers do.
    const table = expanded
      ? text.slice(11, 19)
      : compressed
        ? (this.names.get(text.slice(8, compressedKey)) ?? '')
        : '';
    if (table === indexTable) {
      this.names.set(text.slice(...indexSubId), text.slice(...indexName));
      return undefined;
    }
    this.counts.set(table, (this.counts.get(table) ?? 0) + 1);
    return isRead(table) ? this.row(record, text, table, expanded ? 0 : compressedKey - expandedKey) : undefined;
  }

  private row(record: VbsRecord, text: string, table: ParameterTable, shift: number): ParameterRow | undefined {
    const fields: Record<string, string> = {};
    for (const [name, [start, end]] of Object.entries<Place>(parameterTables[table])) {
      if (text.length < end + shift) {
        this.problems.add(record.number, record.byte, name, `the record ends at character ${text.length}`);
        return undefined;
      }
      fields[name] = text.slice(start + shift, end + shift);
    }
    const timeChars = shift === 0 ? 10 : 7;
    return { table, effective: text.slice(0, timeChars), active: text[timeChars] === 'A', fields };
  }
}

function isRead(table: string): table is ParameterTable {
  return Object.hasOwn(parameterTables, table);
}

/** The product of an active account range, by its id ("MCC", "MPL"); undefined for other rows. */
export function productOf({ table, active, fields }: ParameterRow): string | undefined {
  return table === 'IP0040T1' && active ? fields['gcms_product_id']?.trim() : undefined;
}
