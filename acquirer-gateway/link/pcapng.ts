// Messages as a capture file that Wireshark opens (pcapng, draft-ietf-opsawg-pcapng, sections 4.1 to 4.3): link type USER0, one interface for each
// link. A packet is the message behind two bytes of its length, as Wireshark's ISO 8583 dissector wants it: Preferences, Protocols, DLT_USER,
// User 0 (DLT=147): iso8583.
import type { Captured } from './trace.ts';

/** LINKTYPE_USER0: no meaning of its own. */
const linkTypeUser0 = 147;
const comment = 1;
const interfaceName = 2;
const packetFlags = 2;
const inbound = 1;
const outbound = 2;

function padded(bytes: number): number {
  return (bytes + 3) & ~3;
}

/** Type, length, body filled up to four bytes, length again. */
function block(type: number, body: Buffer): Buffer {
  const length = 12 + padded(body.length);
  const out = Buffer.alloc(length);
  out.writeUInt32LE(type, 0);
  out.writeUInt32LE(length, 4);
  body.copy(out, 8);
  out.writeUInt32LE(length, length - 4);
  return out;
}

function option(code: number, value: Buffer): Buffer {
  const out = Buffer.alloc(4 + padded(value.length));
  out.writeUInt16LE(code, 0);
  out.writeUInt16LE(value.length, 2);
  value.copy(out, 4);
  return out;
}

const endOfOptions = Buffer.alloc(4);

/** The head of a file. */
export function captureHead(): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(0x1a2b3c4d, 0);
  body.writeUInt16LE(1, 4);
  body.writeUInt16LE(0, 6);
  body.writeBigInt64LE(-1n, 8);
  return block(0x0a0d0d0a, body);
}

/** An interface; its number is the count of those before it. */
export function captureInterface(name: string): Buffer {
  const fixed = Buffer.alloc(8);
  fixed.writeUInt16LE(linkTypeUser0, 0);
  return block(1, Buffer.concat([fixed, option(interfaceName, Buffer.from(name)), endOfOptions]));
}

/** A message on the interface of that number. One that could not be read is a packet of zeros with a comment. */
export function capturePacket(entry: Captured, interfaceNumber: number): Buffer {
  const hidden = entry.message.length === 0 && entry.length > 0;
  const packet = Buffer.alloc(2 + entry.length);
  packet.writeUInt16BE(Math.min(entry.length, 0xffff), 0);
  entry.message.copy(packet, 2);
  const fixed = Buffer.alloc(20);
  fixed.writeUInt32LE(interfaceNumber, 0);
  fixed.writeUInt32LE(Number(entry.atUs >> 32n), 4);
  fixed.writeUInt32LE(Number(entry.atUs & 0xffffffffn), 8);
  fixed.writeUInt32LE(packet.length, 12);
  fixed.writeUInt32LE(packet.length, 16);
  const flags = Buffer.alloc(4);
  flags.writeUInt32LE(entry.direction === 'sent' ? outbound : inbound, 0);
  const options = [option(packetFlags, flags)];
  if (hidden) options.push(option(comment, Buffer.from('could not be read: hidden')));
  return block(
    6,
    Buffer.concat([fixed, packet, Buffer.alloc(padded(packet.length) - packet.length), ...options, endOfOptions]),
  );
}

/** Makes the blocks of a file: the head first, an interface when its first message comes. */
export class CaptureWriter {
  private readonly interfaces = new Map<string, number>();
  private begun = false;

  /** The bytes to append for a message. */
  packet(entry: Captured): Buffer {
    const parts: Buffer[] = [];
    if (!this.begun) parts.push(captureHead());
    this.begun = true;
    const name = `${entry.network}/${entry.link}`;
    let number = this.interfaces.get(name);
    if (number === undefined) {
      number = this.interfaces.size;
      this.interfaces.set(name, number);
      parts.push(captureInterface(name));
    }
    parts.push(capturePacket(entry, number));
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }
}
