// What a network sends of its own accord beside link management, and what it is answered: by MTI class and function, so that every one has a name.
import type { FieldValue, Message, MessageInput } from '../iso8583/index.ts';
import type { Profile } from './profile.ts';

/** A request of the network: its name for counters and logs, and the answer that it gets, if any. */
export interface Unsolicited {
  readonly name: string;
  readonly answer: MessageInput | undefined;
}

/** Classes of messages (ISO 8583, second digit of the MTI). */
const classes: Readonly<Record<string, string>> = {
  '1': 'authorization',
  '2': 'financial',
  '3': 'file_action',
  '4': 'reversal',
  '5': 'reconciliation',
  '6': 'administrative',
  '7': 'fee_collection',
  '8': 'network_management',
};

/** Functions (third digit). Answers have names too: one that lacks its references is no answer. */
const functions: Readonly<Record<string, string>> = {
  '0': 'request',
  '1': 'answer',
  '2': 'advice',
  '3': 'advice_answer',
  '4': 'notification',
  '5': 'notification_answer',
  '6': 'instruction',
  '7': 'instruction_answer',
};

/** What is repeated of an advice in its acknowledgement. */
const repeated = ['7', '11', '12', '24', '28', '32', '37', '41', '42', '70'] as const;

/** Advices that may be acknowledged without a decision of the core: administration and fees. Money is never acknowledged here. */
const acknowledged: ReadonlySet<string> = new Set(['6', '7']);

/** Reads a message that is neither link management nor an answer. */
export function readUnsolicited(profile: Profile, message: Message): Unsolicited {
  const { mti } = message;
  const kind = classes[mti[1] ?? ''] ?? 'unknown_class';
  const name = `${kind}_${functions[mti[2] ?? ''] ?? 'unknown_function'}`;
  if (mti[2] !== '2' || !acknowledged.has(mti[1] ?? '')) return { name, answer: undefined };
  const fields: Record<string, FieldValue> = { '39': profile.management.adviceAccepted };
  for (const de of repeated) {
    if (de === '24' && profile.management.codeField === '70') continue;
    const value = message.get(de);
    if (value !== undefined) fields[de] = value;
  }
  return { name, answer: { mti: `${mti.slice(0, 2)}30`, fields } };
}
