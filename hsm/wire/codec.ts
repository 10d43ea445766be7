// Small typed codecs: each command's item and result is one value built from these, so that both ends share one grammar.
import type { ByteReader, ByteWriter } from './bytes.ts';
import { WireError } from './bytes.ts';

export interface Codec<T> {
  write(w: ByteWriter, value: T): void;
  read(r: ByteReader): T;
}

/** A field that may be absent: one presence byte before it. */
export interface OptionalCodec<T> extends Codec<T> {
  readonly optional: true;
}

type FieldCodecs<T> = {
  readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K>
    ? OptionalCodec<Exclude<T[K], undefined>>
    : Codec<T[K]>;
};

export const u8: Codec<number> = { write: (w, v) => w.u8(v), read: (r) => r.u8() };
export const u16: Codec<number> = { write: (w, v) => w.u16(v), read: (r) => r.u16() };
export const u32: Codec<number> = { write: (w, v) => w.u32(v), read: (r) => r.u32() };
/** Unix ms and durations: whole numbers up to 2^53. */
export const ms: Codec<number> = { write: (w, v) => w.f64(v), read: (r) => r.f64() };
export const bool: Codec<boolean> = { write: (w, v) => w.u8(v ? 1 : 0), read: (r) => r.u8() !== 0 };

/** Bytes with a u16 length, at most `lengthMax`. */
export function bytes(lengthMax: number): Codec<Buffer> {
  return {
    write(w, v) {
      if (v.length > lengthMax) throw new WireError(`more than ${lengthMax} bytes`);
      w.u16(v.length);
      w.raw(v);
    },
    read(r) {
      const length = r.u16();
      if (length > lengthMax) throw new WireError(`more than ${lengthMax} bytes`);
      return r.raw(length);
    },
  };
}

/** Exactly `length` bytes. */
export function fixed(length: number): Codec<Buffer> {
  return {
    write(w, v) {
      if (v.length !== length) throw new WireError(`not ${length} bytes`);
      w.raw(v);
    },
    read: (r) => r.raw(length),
  };
}

/** ASCII text, at most `lengthMax` characters. */
export function text(lengthMax: number): Codec<string> {
  return {
    write(w, v) {
      if (v.length > lengthMax) throw new WireError(`more than ${lengthMax} characters`);
      w.text(v);
    },
    read: (r) => r.text(lengthMax),
  };
}

/** One of a fixed list: its index on the wire. The order is the wire format: append only. */
export function oneOf<const T extends string | number>(values: readonly T[]): Codec<T> {
  return {
    write(w, v) {
      const index = values.indexOf(v);
      if (index < 0) throw new WireError('a choice that does not exist');
      w.u8(index);
    },
    read(r) {
      const value = values[r.u8()];
      if (value === undefined) throw new WireError('a choice that does not exist');
      return value;
    },
  };
}

export function optional<T>(codec: Codec<T>): OptionalCodec<T> {
  return { optional: true, write: codec.write, read: codec.read };
}

export function array<T>(codec: Codec<T>, countMax: number): Codec<readonly T[]> {
  return {
    write(w, v) {
      if (v.length > countMax) throw new WireError(`more than ${countMax} entries`);
      w.u16(v.length);
      for (const entry of v) codec.write(w, entry);
    },
    read(r) {
      const count = r.u16();
      if (count > countMax) throw new WireError(`more than ${countMax} entries`);
      return Array.from({ length: count }, () => codec.read(r));
    },
  };
}

/** Fields in the order written: that order is the wire format. */
export function struct<T extends object>(fields: FieldCodecs<T>): Codec<T> {
  const entries = Object.entries(fields) as [string, Codec<unknown> & { optional?: true }][];
  return {
    write(w, v) {
      const record = v as Record<string, unknown>;
      for (const [name, codec] of entries) {
        const value = record[name];
        if (codec.optional === true) {
          w.u8(value === undefined ? 0 : 1);
          if (value === undefined) continue;
        }
        codec.write(w, value);
      }
    },
    read(r) {
      const record: Record<string, unknown> = {};
      for (const [name, codec] of entries) {
        if (codec.optional === true && r.u8() === 0) continue;
        record[name] = codec.read(r);
      }
      return record as T;
    },
  };
}

type Kinded = { readonly kind: string };
type KindCodecs<T extends Kinded> = { readonly [K in T['kind']]: Codec<Omit<Extract<T, { kind: K }>, 'kind'>> };

/** A union told apart by `kind`. The order of the table is the wire format. */
export function union<T extends Kinded>(kinds: KindCodecs<T>): Codec<T> {
  const names = Object.keys(kinds);
  const codecs = Object.values(kinds) as Codec<object>[];
  return {
    write(w, v) {
      const index = names.indexOf(v.kind);
      const codec = codecs[index];
      if (codec === undefined) throw new WireError('a kind that does not exist');
      w.u8(index);
      codec.write(w, v);
    },
    read(r) {
      const index = r.u8();
      const codec = codecs[index];
      if (codec === undefined) throw new WireError('a kind that does not exist');
      return { kind: names[index], ...codec.read(r) } as T;
    },
  };
}
