// What a message's MAC is made over: networks leave out the MAC itself, and some the header or single elements.

/** Bytes `from` up to, not including, `to`, counted from the start of the message. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The ranges of a message one behind the other, for `data` of generateMac and verifyMac. Always a copy, so that the caller may wipe either.
 * Throws RangeError when a range is empty, lies outside the message, or begins before the end of the one before it: such a list is a fault of the
 * network's description, and a MAC over other bytes than meant must not leave.
 */
export function macData(message: Buffer, ranges: readonly ByteRange[]): Buffer {
  let end = 0;
  let length = 0;
  for (const { from, to } of ranges) {
    if (!Number.isInteger(from) || !Number.isInteger(to) || from < end || to <= from || to > message.length)
      throw new RangeError(`MAC range ${from} to ${to} does not lie behind ${end} and within ${message.length} bytes`);
    end = to;
    length += to - from;
  }
  if (length === 0) throw new RangeError('a MAC needs at least one range of bytes');
  const data = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const { from, to } of ranges) at += message.copy(data, at, from, to);
  return data;
}
