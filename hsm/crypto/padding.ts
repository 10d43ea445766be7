/** ISO/IEC 9797-1:2011 6.3: 1 = zeros to whole blocks (one block of zeros for no data), 2 = 80 then zeros, 3 = length block, then method 1. */
export function padIso9797(method: 1 | 2 | 3, data: Uint8Array, blockBytes: number): Buffer {
  switch (method) {
    case 1:
      return zeros(data, blockBytes);
    case 2:
      return zeros(Buffer.concat([data, Buffer.from([0x80])]), blockBytes);
    case 3: {
      const length = Buffer.alloc(blockBytes);
      length.writeUInt32BE(data.length * 8, blockBytes - 4);
      return Buffer.concat([length, zeros(data, blockBytes)]);
    }
    default:
      return method satisfies never;
  }
}

function zeros(data: Uint8Array, blockBytes: number): Buffer {
  const padded = Buffer.alloc(Math.max(blockBytes, Math.ceil(data.length / blockBytes) * blockBytes));
  padded.set(data);
  return padded;
}
