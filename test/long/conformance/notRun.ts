/** Why a case cannot be run; it is then reported, and neither passes nor fails. */
export class NotRun extends Error {
  override readonly name: string = "NotRun";
}
