// Owns: the one error with which a command ends on purpose. Refuses to know how it is shown.

/** 1: it was tried and failed. 2: it was asked for in a way that cannot be understood. 3: nothing failed, but it was not done to its end. */
export type FailureCode = 1 | 2 | 3;

/** `sentence` is all that the person sees: what is wrong, and what to do. Empty: the command has said it already. */
export class CliFailure extends Error {
  readonly exitCode: FailureCode;

  constructor(sentence: string, exitCode: FailureCode = 1, options?: ErrorOptions) {
    super(sentence, options);
    this.name = "CliFailure";
    this.exitCode = exitCode;
  }
}
