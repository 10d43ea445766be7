// What is remembered of a flight that was answered, so that a second answer is named, judged against its request and delivered.
import type { RecordCoder } from '../link/answered-keys.ts';
import type { RecordSlots } from '../link/record.ts';
import type { Expected, SendablePurpose } from '../messages/profile.ts';
import type { Asked, Flight, OutcomeSink } from './flight.ts';

function writeExpected({ purpose, mti, echoed, amountMinor }: Expected, into: RecordSlots): void {
  into.text(purpose);
  into.text(mti);
  into.integer(amountMinor);
  into.number(echoed.length);
  for (let i = 0; i < echoed.length; i += 1) into.text(echoed[i]);
}

function readExpected(from: RecordSlots): Expected | undefined {
  const purpose = from.readText();
  if (purpose === undefined) return undefined;
  const mti = from.readText() ?? '';
  const amountMinor = from.readInteger();
  const echoed = Array.from({ length: from.readNumber() }, () => from.readText());
  return { purpose: purpose as SendablePurpose, mti, echoed, amountMinor };
}

/** No field of a record is card data: the echoed fields are references and the amount's surroundings. */
export const answeredFlights: RecordCoder<Flight, Asked> = {
  write(flight, into) {
    into.text(flight.attemptId);
    into.number(flight.submissionNumber);
    into.text(flight.linkName);
    into.integer(flight.sentAtUs);
    if (flight.expected === undefined) into.text(undefined);
    else writeExpected(flight.expected, into);
  },
  read(from, kept) {
    const attemptId = from.readText() ?? '';
    const submissionNumber = from.readNumber();
    const linkName = from.readText() ?? '';
    const sentAtUs = from.readInteger();
    const expected = readExpected(from);
    return { attemptId, submissionNumber, linkName, sentAtUs, expected, sink: kept as OutcomeSink | undefined };
  },
  keeps: ({ sink }) => (sink.once === true ? undefined : sink),
};
