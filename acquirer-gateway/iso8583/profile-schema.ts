// JSON Schema of a message profile. specs/profiles/profile.schema.json is this object, for editors; a test keeps them equal.

const path = { type: 'string', pattern: '^[A-Za-z0-9.\\[\\]]{1,40}$' };
const paths = { type: 'array', items: path, uniqueItems: true };
const mtis = { type: 'array', items: { type: 'string', pattern: '^[0-9]{4}$' }, minItems: 1, uniqueItems: true };

export const profileSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'https://card-edge.invalid/schema/profile-1.json',
  title: 'Message profile',
  type: 'object',
  additionalProperties: false,
  required: ['profileVersion', 'name', 'dialects', 'flows'],
  properties: {
    $schema: { type: 'string' },
    profileVersion: { const: 1 },
    name: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,63}$' },
    description: { type: 'string' },
    dialects: { type: 'array', items: { type: 'string' } },
    flows: {
      type: 'object',
      minProperties: 1,
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['mti'],
        properties: {
          description: { type: 'string' },
          mti: mtis,
          when: { $ref: '#/$defs/condition' },
          mandatory: paths,
          conditional: {
            type: 'array',
            items: {
              type: 'object',
              additionalProperties: false,
              required: ['field', 'when'],
              properties: {
                field: path,
                when: { $ref: '#/$defs/condition' },
                otherwise: { enum: ['optional', 'forbidden'] },
              },
            },
          },
          optional: paths,
          forbidden: paths,
          echoed: paths,
          values: { type: 'object', additionalProperties: { type: 'array', items: { type: 'string' }, minItems: 1 } },
          closed: { type: 'boolean' },
        },
      },
    },
  },
  $defs: {
    condition: {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      properties: {
        field: path,
        present: { type: 'boolean' },
        in: { type: 'array', items: { type: 'string' }, minItems: 1 },
        matches: { type: 'string' },
        all: { type: 'array', items: { $ref: '#/$defs/condition' }, minItems: 1 },
        any: { type: 'array', items: { $ref: '#/$defs/condition' }, minItems: 1 },
        not: { $ref: '#/$defs/condition' },
      },
    },
  },
} as const;
