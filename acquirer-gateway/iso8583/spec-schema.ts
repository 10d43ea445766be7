// JSON Schema of a dialect specification. specs/dialect.schema.json is this object, for editors; a test keeps them equal.

const textEncodings = ['ascii', 'ebcdic037', 'ebcdic500', 'ebcdic1047'];
const count = { type: 'integer', minimum: 0, maximum: 999_999 };
const name = { type: 'string', minLength: 1, maxLength: 120 };
const subfieldId = '^[A-Za-z0-9]{1,12}$';

const prefix = {
  type: 'object',
  description: 'The length in front of a variable element.',
  additionalProperties: false,
  required: ['encoding'],
  properties: {
    encoding: { enum: ['ascii', 'ebcdic', 'bcd', 'binary', 'hex', 'ber'] },
    size: {
      type: 'integer',
      minimum: 1,
      maximum: 6,
      description: 'Digits for ascii, ebcdic, bcd and hex; bytes for binary; absent for ber.',
    },
    counts: {
      enum: ['chars', 'digits', 'nibbles', 'bytes'],
      description: 'What the length counts. Default: characters, digits for bcd, bytes for binary.',
    },
    inclusive: { type: 'boolean', description: 'The length includes the prefix itself.' },
  },
};

const element = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name,
    encoding: { enum: [...textEncodings, 'bcd', 'binary', 'hex', 'signed-bcd'], description: 'Default: binary.' },
    class: { enum: ['n', 'a', 's', 'an', 'as', 'ns', 'ans', 'z', 'x+n', 'hex', 'hexLower', 'any7', 'any', 'b'] },
    length: { ...count, description: 'Fixed length.' },
    counts: { enum: ['chars', 'digits', 'nibbles', 'bytes'], description: 'What a fixed length counts.' },
    prefix: { $ref: '#/$defs/prefix' },
    minLength: count,
    maxLength: count,
    pad: {
      type: 'object',
      additionalProperties: false,
      required: ['side', 'char'],
      properties: { side: { enum: ['left', 'right'] }, char: { type: 'string', minLength: 1, maxLength: 1 } },
    },
    odd: {
      type: 'object',
      additionalProperties: false,
      required: ['side', 'filler'],
      properties: { side: { enum: ['left', 'right'] }, filler: { type: 'string', pattern: '^[0-9A-F]$' } },
    },
    composite: { $ref: '#/$defs/composite' },
    sensitivity: { enum: ['none', 'pan', 'track', 'pin', 'cvv', 'crypto', 'secret'] },
    rule: { type: 'string', pattern: '^(?:YY|MM|DD|hh|mm|ss)+\\??$' },
    mac: { type: 'boolean' },
    codes: { type: 'string', pattern: '^[A-Za-z0-9]+$' },
  },
};

const composite = {
  type: 'object',
  additionalProperties: false,
  required: ['kind', 'fields'],
  properties: {
    kind: { enum: ['positional', 'tlv', 'ber-tlv', 'bitmap', 'pds'] },
    order: { type: 'array', items: { type: 'string', pattern: subfieldId }, minItems: 1, uniqueItems: true },
    tag: {
      type: 'object',
      additionalProperties: false,
      required: ['encoding', 'size'],
      properties: {
        encoding: { enum: [...textEncodings, 'binary', 'bcd'] },
        size: { type: 'integer', minimum: 1, maximum: 6 },
      },
    },
    length: { $ref: '#/$defs/prefix' },
    bitmap: {
      type: 'object',
      additionalProperties: false,
      required: ['encoding', 'bytes'],
      properties: { encoding: { enum: ['binary', 'hex'] }, bytes: { type: 'integer', minimum: 1, maximum: 32 } },
    },
    unknownTags: { enum: ['keep', 'reject'] },
    unknownEncoding: { enum: [...textEncodings, 'bcd', 'binary', 'hex'] },
    fields: {
      type: 'object',
      additionalProperties: false,
      patternProperties: { [subfieldId]: { $ref: '#/$defs/element' } },
    },
  },
};

export const specSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'https://card-edge.invalid/schema/dialect-1.json',
  title: 'ISO 8583 dialect',
  type: 'object',
  additionalProperties: false,
  required: ['specVersion', 'name', 'version', 'mti', 'bitmap', 'fields'],
  properties: {
    $schema: { type: 'string' },
    specVersion: { const: 1 },
    name: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,63}$' },
    version: { type: 'string', minLength: 1, maxLength: 32 },
    description: { type: 'string' },
    sources: { type: 'array', items: { type: 'string' } },
    header: { $ref: '#/$defs/element' },
    mti: {
      type: 'object',
      additionalProperties: false,
      required: ['encoding'],
      properties: {
        encoding: { enum: [...textEncodings, 'bcd'] },
        allow: {
          type: 'array',
          items: { type: 'string', pattern: '^[0-9]+$' },
          minItems: 4,
          maxItems: 4,
          description: 'Allowed digits of version, class, function and origin.',
        },
      },
    },
    bitmap: {
      type: 'object',
      additionalProperties: false,
      required: ['encoding'],
      properties: {
        encoding: { enum: ['binary', 'hex', 'hex-ebcdic'] },
        extensionEncoding: {
          enum: ['binary', 'hex', 'hex-ebcdic'],
          description: 'How bits 65-192 are written, when other than the first 64.',
        },
        hexCase: { enum: ['upper', 'lower', 'any'] },
        maxBits: { enum: [64, 128, 192] },
        fixedBits: { enum: [64, 128, 192] },
        firstBit: { enum: ['zero', 'one'] },
      },
    },
    fields: {
      type: 'object',
      additionalProperties: false,
      patternProperties: { '^(?:[2-9]|[1-9][0-9]|1[0-8][0-9]|19[0-2])$': { $ref: '#/$defs/element' } },
    },
  },
  $defs: { prefix, element, composite },
} as const;
