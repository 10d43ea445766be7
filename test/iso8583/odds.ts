import { compileSpec, type Dialect } from '../../acquirer-gateway/iso8583/dialect.ts';

// Test helper.

/** A dialect of everything that no shipped one uses, so that every branch of the engine has a round trip. */
export const odds: Dialect = compileSpec({
  specVersion: 1,
  name: 'odds-and-ends',
  version: '1',
  header: { name: 'header', encoding: 'ascii', class: 'an', prefix: { encoding: 'ascii', size: 2 }, maxLength: 12 },
  mti: { encoding: 'ebcdic1047' },
  bitmap: { encoding: 'hex-ebcdic', extensionEncoding: 'hex', maxBits: 192, hexCase: 'lower' },
  fields: {
    2: {
      name: 'bytes counted, two digits a byte',
      encoding: 'bcd',
      prefix: { encoding: 'binary', size: 1, counts: 'bytes' },
      maxLength: 10,
    },
    3: { name: 'signed, fixed', encoding: 'signed-bcd', length: 7 },
    4: {
      name: 'signed, variable',
      encoding: 'signed-bcd',
      prefix: { encoding: 'bcd', size: 3 },
      maxLength: 13,
      odd: { side: 'right', filler: 'F' },
    },
    5: { name: 'signed text', encoding: 'ebcdic500', class: 'x+n', length: 9 },
    6: {
      name: 'nibbles',
      encoding: 'bcd',
      class: 'hex',
      prefix: { encoding: 'hex', size: 2, counts: 'nibbles' },
      odd: { side: 'left', filler: 'F' },
    },
    7: { name: 'hexadecimal', encoding: 'hex', prefix: { encoding: 'ascii', size: 3, counts: 'bytes' }, maxLength: 60 },
    8: { name: 'hexadecimal, fixed, lower case', encoding: 'hex', class: 'hexLower', length: 8 },
    9: {
      name: 'inclusive',
      encoding: 'ascii',
      class: 'ans',
      prefix: { encoding: 'ascii', size: 4, inclusive: true },
      maxLength: 900,
    },
    10: {
      name: 'inclusive binary',
      encoding: 'binary',
      prefix: { encoding: 'binary', size: 2, inclusive: true },
      maxLength: 900,
    },
    11: {
      name: 'text counted in nibbles',
      encoding: 'ebcdic037',
      class: 'any',
      prefix: { encoding: 'ebcdic', size: 2, counts: 'nibbles' },
      maxLength: 98,
    },
    12: { name: 'padded', encoding: 'ascii', class: 'ans', length: 10, pad: { side: 'right', char: ' ' } },
    13: { name: 'BER length', encoding: 'binary', prefix: { encoding: 'ber' }, maxLength: 400 },
    14: {
      name: 'nested',
      encoding: 'binary',
      prefix: { encoding: 'bcd', size: 4 },
      composite: {
        kind: 'positional',
        order: ['a', 'b', 'c'],
        fields: {
          a: { name: 'fixed', encoding: 'ascii', class: 'an', length: 2 },
          b: {
            name: 'chip',
            encoding: 'binary',
            prefix: { encoding: 'ber' },
            composite: {
              kind: 'ber-tlv',
              fields: {
                '70': {
                  name: 'template',
                  encoding: 'binary',
                  composite: {
                    kind: 'ber-tlv',
                    fields: {
                      '5A': {
                        name: 'pan',
                        encoding: 'bcd',
                        class: 'hex',
                        sensitivity: 'pan',
                        prefix: { encoding: 'ber', counts: 'bytes' },
                      },
                    },
                  },
                },
              },
            },
          },
          c: { name: 'rest', encoding: 'bcd' },
        },
      },
    },
    15: {
      name: 'tags in packed digits',
      encoding: 'binary',
      prefix: { encoding: 'binary', size: 2 },
      composite: {
        kind: 'tlv',
        tag: { encoding: 'bcd', size: 4 },
        length: { encoding: 'bcd', size: 2 },
        unknownTags: 'reject',
        fields: { '0012': { name: 'x', encoding: 'ascii', class: 'any' } },
      },
    },
    16: {
      name: 'data elements',
      encoding: 'ebcdic1047',
      prefix: { encoding: 'ebcdic', size: 3 },
      composite: {
        kind: 'pds',
        unknownEncoding: 'ebcdic1047',
        fields: { '0158': { name: 'y', encoding: 'ebcdic1047', class: 'an', minLength: 3, maxLength: 12 } },
      },
    },
    17: {
      name: 'tags without a shared length',
      encoding: 'ascii',
      prefix: { encoding: 'ascii', size: 3 },
      composite: {
        kind: 'tlv',
        tag: { encoding: 'ebcdic037', size: 1 },
        fields: {
          A: { name: 'fixed', encoding: 'ascii', class: 'n', length: 3 },
          B: { name: 'own', encoding: 'binary', prefix: { encoding: 'binary', size: 1 } },
        },
      },
    },
    66: { name: 'second bitmap', encoding: 'ascii', class: 'n', length: 1 },
    190: { name: 'third bitmap', encoding: 'ascii', class: 'n', length: 1 },
  },
});
