export type BackupReason =
  | 'no_recipients'
  | 'bad_recipient'
  | 'dump_failed'
  | 'destination_failed'
  | 'postgres_tools_missing'
  | 'source_unreadable'
  | 'source_busy'
  | 'encryption_tool_missing'
  | 'encryption_failed'
  | 'digest_mismatch'
  | 'ledger_unreadable'
  | 'restore_failed'
  | 'restore_unknown';

/** No restore point was made, or none was restored (`restore_unknown`: perhaps it was); nothing else has happened. The message never holds values of rows (S29). */
export class BackupFailed extends Error {
  readonly reasonCode: BackupReason;
  constructor(reasonCode: BackupReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BackupFailed';
    this.reasonCode = reasonCode;
  }
}
