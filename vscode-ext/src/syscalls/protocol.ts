// What the adapter says of system calls: `ptdap --list-syscalls`, the request ptdap/syscalls and the event ptdap/syscallTrace.

export interface KnownSyscall {
  readonly name: string;
  readonly number: number;
  readonly arguments: readonly string[];
  /** Names of groups, without the % that rules write before them. */
  readonly groups: readonly string[];
}

export interface SyscallList {
  readonly syscalls: readonly KnownSyscall[];
  readonly groups: readonly { readonly name: string; readonly description: string }[];
  /** ENOENT and the like, by number; those that programs never see have no description. */
  readonly errors: readonly { readonly name: string; readonly number: number; readonly description?: string }[];
}

/** What holds in a session; a member that is absent is not in use. The texts are rules. */
export interface SyscallSettings {
  readonly trace?: string;
  readonly stop?: string;
  readonly inject?: readonly string[];
  readonly summary?: boolean;
  readonly file?: string;
  readonly events?: boolean;
}

/** What a request changes: null takes a thing away, what is absent stays. */
export type SyscallChange = { readonly [K in keyof SyscallSettings]?: SyscallSettings[K] | null };

export interface TracedCall {
  readonly threadId: number;
  readonly processId: number;
  /** Of the entry, in seconds since the epoch. */
  readonly time: number;
  readonly durationNs?: number;
  readonly name: string;
  readonly number: number;
  readonly abi: string;
  readonly arguments: readonly { readonly name: string; readonly value: string; readonly text: string }[];
  /** Absent: the call has not returned, or its result is beyond what JSON's numbers hold. */
  readonly result?: number;
  readonly resultText?: string;
  /** The name of the error if the call failed. */
  readonly errno?: string;
  readonly injected?: boolean;
  readonly delayed?: boolean;
  /** Where the program made the call. */
  readonly source?: { readonly path?: string };
  readonly line?: number;
}

export interface TraceEvent {
  readonly calls: readonly TracedCall[];
  /** Calls before these that were not sent, since the editor did not take them fast enough. */
  readonly dropped?: number;
}
