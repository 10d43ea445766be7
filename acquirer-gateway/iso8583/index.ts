export {
  type DescribeOptions,
  describeMessage,
  hexdumpMessage,
  messageToJson,
  type ViewRow,
  viewRows,
} from './describe.ts';
export { type Fit, fitDialects } from './detect.ts';
export { compileSpec, type Dialect, type MacRange, type Packed, type Unpacked, type UnpackOptions } from './dialect.ts';
export {
  formatIso8583Error,
  type Iso8583Error,
  type Iso8583ErrorCode,
  iso8583ErrorCodes,
  SpecError,
  type SpecFault,
} from './errors.ts';
export { type Imported, type ImportNote, importJpos } from './import-jpos.ts';
export { importMoov } from './import-moov.ts';
export { loadDialect, loadDialectFile, loadProfile, loadProfileFile, profileNameOf, shippedDialects } from './load.ts';
export { scrubPans } from './mask.ts';
export { hideStrays, maskedBytes } from './mask-bytes.ts';
export { type CompositeInput, type FieldValue, type Location, Message, type MessageInput } from './message.ts';
export {
  type Condition,
  compileProfile,
  type FlowSpec,
  type Profile,
  type ProfileSpec,
  type Violation,
} from './profile.ts';
export type { DialectSpec, ElementSpec, Sensitivity } from './spec.ts';
