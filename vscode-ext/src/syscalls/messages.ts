// What the Syscalls view and the extension say to each other. The extension has the calls and the filter; the view gets the rows it shows.

/** A row in words, or a place where calls are missing. */
export interface RowText {
  /** Of the entry, which it keeps whatever the filter shows. */
  readonly number: number;
  readonly gap?: string;
  readonly time: string;
  readonly thread: string;
  readonly name: string;
  readonly arguments: string;
  readonly result: string;
  readonly duration: string;
  readonly tooltip: string;
  readonly isError: boolean;
  readonly isInjected: boolean;
}

export interface SummaryText {
  readonly name: string;
  readonly calls: string;
  readonly errors: string;
  readonly total: string;
  readonly average: string;
}

/** Why there are no rows. */
export type EmptyReason = 'noSession' | 'willTrace' | 'notTraced' | 'ended' | 'waiting' | 'filtered';

export interface ViewState {
  readonly type: 'state';
  readonly sessions: readonly { readonly id: string; readonly name: string }[];
  readonly session: string | undefined;
  readonly isTracing: boolean;
  readonly rule: string;
  readonly ruleProblem: string | undefined;
  readonly filter: string;
  readonly filterProblem: string | undefined;
  readonly areErrorsOnly: boolean;
  readonly isPaused: boolean;
  /** A sentence about what is shown. */
  readonly status: string;
  readonly empty: EmptyReason | undefined;
  readonly hasThreads: boolean;
  readonly summary: readonly SummaryText[] | undefined;
  /** Another one: rows are numbered anew, and `reveal` is the row of the entry that was selected, if it is still there. */
  readonly generation: number;
  readonly reveal: number | undefined;
  readonly firstRow: number;
  readonly endRow: number;
  /** Of the first of `rows`. */
  readonly from: number;
  readonly rows: readonly RowText[];
}

/** Of the selected call. */
export interface Details {
  readonly type: 'details';
  readonly number: number;
  readonly line: string;
  readonly note: string;
}

export type ToView = ViewState | Details;

export type FromView =
  | { readonly type: 'ready' }
  /** What was sent last is on the screen; more may be sent. */
  | { readonly type: 'painted' }
  | { readonly type: 'window'; readonly from: number; readonly count: number; readonly isFollowing: boolean }
  | { readonly type: 'filter'; readonly text: string; readonly areErrorsOnly: boolean; readonly selected: number | undefined }
  | { readonly type: 'summary'; readonly isShown: boolean }
  | { readonly type: 'trace'; readonly rule: string }
  | { readonly type: 'session'; readonly id: string }
  | { readonly type: 'select'; readonly number: number }
  | { readonly type: 'open'; readonly number: number }
  | { readonly type: 'copy'; readonly number: number };
