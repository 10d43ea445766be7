// Submission and opened card in, message out. The tables of the profile say what a purpose carries; nothing here knows a field.
import type { FieldValue, MessageInput } from '../iso8583/index.ts';
import type { BuildContext, Expected, FieldRule, Profile, PurposeRow, SendablePurpose } from './profile.ts';

/** A message to pack and what its answer must repeat, or the field for which nothing was given. */
export type Built =
  | { readonly ok: true; readonly input: MessageInput; readonly expected: Expected }
  | { readonly ok: false; readonly missing: string };

interface Step {
  readonly de: string;
  readonly rule: FieldRule;
  readonly mandatory: boolean;
}

interface Plan {
  readonly row: PurposeRow;
  readonly steps: readonly Step[];
}

/** A profile with its field lists resolved, once per process. */
export class Builder {
  private readonly plans: Readonly<Partial<Record<SendablePurpose, Plan>>>;
  private readonly profile: Profile;

  /** Throws if a table names a field without a rule. */
  constructor(profile: Profile) {
    this.profile = profile;
    const plan = (row: PurposeRow): Plan => ({
      row,
      steps: [...row.mandatory.map((de) => this.step(de, true)), ...row.optional.map((de) => this.step(de, false))],
    });
    const plans: Partial<Record<SendablePurpose, Plan>> = {};
    for (const [purpose, row] of Object.entries(profile.purposes)) plans[purpose as SendablePurpose] = plan(row);
    this.plans = plans;
  }

  /** True if the dialect has a message for the purpose, and for its repeat if it is one. */
  carries(purpose: SendablePurpose, repeat: boolean): boolean {
    const plan = this.plans[purpose];
    return plan !== undefined && (!repeat || plan.row.repeatMti !== undefined);
  }

  /** Builds the message of a submission. */
  build(context: BuildContext): Built {
    const plan = this.plans[context.purpose];
    if (plan === undefined) return { ok: false, missing: 'purpose' };
    const { row, steps } = plan;
    const mti = context.submission.repeat ? row.repeatMti : row.mti;
    if (mti === undefined) return { ok: false, missing: 'mti' };
    const fields: Record<string, FieldValue> = {};
    for (const { de, rule, mandatory } of steps) {
      const value = rule(context);
      if (value === null) return { ok: false, missing: de };
      if (value !== undefined) fields[de] = value;
      else if (mandatory) return { ok: false, missing: de };
    }
    return { ok: true, input: { mti, fields }, expected: this.expected(context, mti, fields) };
  }

  private expected(context: BuildContext, mti: string, fields: Record<string, FieldValue>): Expected {
    const echoed = this.profile.echoed.map((de) => {
      const value = fields[de];
      return typeof value === 'string' ? value : undefined;
    });
    const amount = fields[this.profile.answer.amount];
    return { purpose: context.purpose, mti, echoed, amountMinor: typeof amount === 'string' ? BigInt(amount) : 0n };
  }

  private step(name: string, mandatory: boolean): Step {
    const rule = this.profile.rules[name];
    if (rule === undefined) throw new Error(`the profile has no rule for field ${name}`);
    // '48-advice' is another rule for the same field.
    return { de: name.split('-')[0] as string, rule, mandatory };
  }
}
