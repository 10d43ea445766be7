// Identifiers that callers give.
import { Fault } from '../../../common/errors.ts';
import { formatId, type IdKind, parseId } from '../../../common/ids.ts';

/** The bytes of an identifier that a caller gave, or a Fault that names the field. */
export function givenId(kind: IdKind, text: string, field: string): Buffer {
  const id = parseId(kind, text);
  if (id !== undefined) return id;
  const start = formatId(kind, Buffer.alloc(16)).split('_')[0] ?? '';
  throw new Fault('INVALID_ARGUMENT', `${field} is not an identifier of this kind`, {
    violations: [{ field, description: `must be an id as card-edge gives it (${start}_...)` }],
  });
}
