// Which answer belongs to which request: version and class of the MTI, which a request, its repeats and its answer have in common, and the
// dialect's three fields.
import type { Message, MessageInput } from '../iso8583/index.ts';
import type { Profile } from './profile.ts';

function field(input: MessageInput, de: string): string {
  const value = input.fields[de];
  return typeof value === 'string' ? value : '';
}

/** Correlation key of a request that is packed. */
export function requestKey({ correlation: [time, stan, terminal] }: Profile, input: MessageInput): string {
  return input.mti.slice(0, 2) + field(input, time) + field(input, stan) + field(input, terminal);
}

/** The same of a request of ours that came back. */
export function returnedKey({ correlation: [time, stan, terminal] }: Profile, message: Message): string {
  return (
    message.mti.slice(0, 2) + (message.get(time) ?? '') + (message.get(stan) ?? '') + (message.get(terminal) ?? '')
  );
}

/** Correlation key of an answer; undefined if it is none, or lacks what the key is made of. */
export function answerKey({ correlation: [time, stan, terminal] }: Profile, message: Message): string | undefined {
  const { mti } = message;
  // Function 1, 3: the answers to requests and advices.
  if (mti[2] !== '1' && mti[2] !== '3') return undefined;
  const at = message.get(time);
  const number = message.get(stan);
  const where = message.get(terminal);
  if (at === undefined || number === undefined || where === undefined) return undefined;
  return mti.slice(0, 2) + at + number + where;
}
