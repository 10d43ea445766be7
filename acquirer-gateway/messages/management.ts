// Network management of a link: sign-on, sign-off, echo, cut-over, change of keys. One engine; a dialect gives the table (1987: DE70 in x800;
// 1993: the function code DE24 in 1804).
import type { FieldValue, Message, MessageInput } from '../iso8583/index.ts';
import { yearOf } from './values.ts';

/** What link management can be about. */
export type ManagementTopic = 'sign_on' | 'sign_off' | 'echo' | 'cut_over' | 'key_change';

/** How a dialect manages its links. */
export interface ManagementTable {
  /** MTI of a request. Its answer has function plus one. */
  readonly mti: string;
  /** Field of the code. */
  readonly codeField: '70' | '24';
  /** Values of the code; the first is what we send. */
  readonly codes: Readonly<Record<ManagementTopic, readonly [string, ...string[]]>>;
  /** DE39 that accepts, that refuses what is not agreed, and that refuses a key. */
  readonly accepted: string;
  readonly refused: string;
  readonly keyRefused: string;
  /** DE39 that acknowledges an administrative advice. */
  readonly adviceAccepted: string;
  /** Field of date and time beside DE7: 1993 dialects want DE12 with a year. */
  readonly localTime: boolean;
  /** Field that carries key data, and whether it is binary. */
  readonly keyField: string;
  readonly keyBinary: boolean;
}

/** Working key data on the link: X9.143 usage, check value, and a key block or a cryptogram under the ZMK in hexadecimal. */
export interface KeyData {
  readonly usage: string;
  /** Six hexadecimal digits. */
  readonly kcv: string;
  readonly form: 'block' | 'cryptogram';
  readonly value: string;
}

/** What a network tells or asks about the link. */
export type ManagementRead =
  | {
      readonly kind: 'answer';
      readonly key: string;
      readonly accepted: boolean;
      readonly code: string;
      readonly keyText: string;
    }
  | { readonly kind: 'request'; readonly what: ManagementTopic | 'other'; readonly keyText: string };

/** A management request of ours and the key of its answer. */
export interface ManagementBuilt {
  readonly key: string;
  readonly input: MessageInput;
}

function managementKey(transmissionTime: string, stan: string): string {
  return `08${transmissionTime}${stan}`;
}

function keyValue(table: ManagementTable, text: string): FieldValue {
  return table.keyBinary ? Buffer.from(text, 'latin1') : text;
}

function keyText(table: ManagementTable, message: Message): string {
  if (!message.has(table.keyField)) return '';
  return table.keyBinary
    ? (message.bytes(table.keyField) ?? Buffer.alloc(0)).toString('latin1')
    : (message.get(table.keyField) ?? '');
}

/** Makes a request. `keys` asks for a key of a usage (`P0`), or delivers one. */
export function managementRequest(
  table: ManagementTable,
  topic: ManagementTopic,
  stan: string,
  transmissionTime: string,
  nowMs: number,
  keys = '',
): ManagementBuilt {
  const fields: Record<string, FieldValue> = {
    '7': transmissionTime,
    '11': stan,
    [table.codeField]: table.codes[topic][0],
  };
  if (table.localTime) fields['12'] = yearOf(transmissionTime, nowMs) + transmissionTime;
  if (keys !== '') fields[table.keyField] = keyValue(table, keys);
  return { key: managementKey(transmissionTime, stan), input: { mti: table.mti, fields } };
}

/** Reads a message of class 8; undefined if it is not one. */
export function readManagement(table: ManagementTable, message: Message): ManagementRead | undefined {
  const { mti } = message;
  if (mti[1] !== '8') return undefined;
  if (mti[2] === '1' || mti[2] === '3') {
    const code = message.get('39') ?? '';
    const key = managementKey(message.get('7') ?? '', message.get('11') ?? '');
    return { kind: 'answer', key, accepted: code === table.accepted, code, keyText: keyText(table, message) };
  }
  const code = message.get(table.codeField) ?? '';
  const topics = Object.keys(table.codes) as ManagementTopic[];
  const what = topics.find((topic) => table.codes[topic].includes(code)) ?? 'other';
  return { kind: 'request', what, keyText: keyText(table, message) };
}

/** The answer to a request: what was asked, and DE39. */
export function managementAnswer(table: ManagementTable, message: Message, de39: string, keys = ''): MessageInput {
  const { mti } = message;
  const fields: Record<string, FieldValue> = { '39': de39 };
  for (const de of ['7', '11', '12', table.codeField]) {
    const value = message.get(de);
    if (value !== undefined) fields[de] = value;
  }
  if (keys !== '') fields[table.keyField] = keyValue(table, keys);
  return { mti: `${mti.slice(0, 2)}${Number(mti[2]) + 1}${mti[3] === '1' ? '0' : mti[3]}`, fields };
}

/** Reads key data as text: usage (2), check value (6), B for a key block or C for a cryptogram, value. Undefined if malformed, or if it only asks for a key. */
export function readKeyData(text: string): KeyData | undefined {
  const match = /^([A-Z0-9]{2})([0-9A-F]{6})([BC])([ -~]{16,400})$/.exec(text);
  if (match === null) return undefined;
  const [, usage = '', kcv = '', form, value = ''] = match;
  if (form === 'C' && !/^([0-9A-F]{2})+$/.test(value)) return undefined;
  return { usage, kcv, form: form === 'B' ? 'block' : 'cryptogram', value };
}
